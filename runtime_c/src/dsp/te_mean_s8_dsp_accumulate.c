/* Means of each channel of int8 over rows, row by row, DSP extension. */
#include "te_mean_dsp_accumulate.h"

#include "te_dsp_elementwise_sum.h"

#include <string.h>

static void te_mean_finish(const te_mean_dsp_params *op, const int32_t *sums, int8_t *out)
{
    for (int32_t i = 0; i < op->out_w * op->channels; i++) {
        const int32_t centred = sums[i] - op->zero_points;
        out[i] = (int8_t)te_saturate8(
            te_requantize_folded(centred, op->multiplier, op->offset, op->shift));
    }
}

TE_SHARED void te_mean_s8_dsp_accumulate(const te_mean_dsp_params *op, te_src in, te_dst out,
                                         int32_t first, int32_t last, void *scratch)
{
    const int32_t channels = op->channels;
    int32_t *const sums = scratch;
    if (first >= last) {
        return;
    }
    if (first == 0) {
        memset(sums, 0, (uint32_t)(op->out_w * channels) * sizeof *sums);
    }
    for (int32_t row = first; row < last; row++) {
        const int8_t *const from = te_src_row(in, row);
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            const int32_t at = ow * channels;
            te_sum_all_channels(from + at, op->window_w, channels, sums + at);
        }
    }
    if (last == op->window_h) {
        te_mean_finish(op, sums, te_dst_row(out, 0));
    }
}
