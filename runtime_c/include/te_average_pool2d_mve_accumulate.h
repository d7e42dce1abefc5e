/* Average pooling into a single output row for MVE, one input row after the other. */
#ifndef TE_AVERAGE_POOL2D_MVE_ACCUMULATE_H
#define TE_AVERAGE_POOL2D_MVE_ACCUMULATE_H

#include "te_average_pool2d_accumulate.h"

/* What te_average_pool2d_s8_accumulate gives, where te_average_pool2d_s8_mve computes the operator;
 * eight channels at a time, with the same scratch.
 */
void te_average_pool2d_s8_mve_accumulate(const te_average_pool2d_params *op, te_src in, te_dst out,
                                         int32_t first, int32_t last, void *scratch);

#endif
