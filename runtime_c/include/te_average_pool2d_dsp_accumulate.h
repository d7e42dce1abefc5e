/* Average pooling into a single output row, one input row after the other, for the DSP extension. */
#ifndef TE_AVERAGE_POOL2D_DSP_ACCUMULATE_H
#define TE_AVERAGE_POOL2D_DSP_ACCUMULATE_H

#include "te_average_pool2d.h"

/* Consumes input rows [first, last) as te_average_pool2d_s8_accumulate does, four channels at a time.
 */
void te_average_pool2d_s8_dsp_accumulate(const te_average_pool2d_params *op, te_src in, te_dst out,
                                         int32_t first, int32_t last, void *scratch);

#endif
