/* Means over rows, one input row after the other, for the DSP extension. */
#ifndef TE_MEAN_DSP_ACCUMULATE_H
#define TE_MEAN_DSP_ACCUMULATE_H

#include "te_mean_dsp.h"

/* Consumes input rows [first, last) as te_mean_s8_accumulate does for means of each channel, four
 * channels at a time. in has window_h rows; scratch: out_w * channels sums of 4 bytes.
 */
void te_mean_s8_dsp_accumulate(const te_mean_dsp_params *op, te_src in, te_dst out, int32_t first,
                               int32_t last, void *scratch);

#endif
