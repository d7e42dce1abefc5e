/* Average pooling of int8, eight channels at a time, MVE. */
#include "te_average_pool2d_mve.h"

#include "te_mve_pool.h"
#include "te_requantize.h"

/* Computes all channels of one output pixel. */
static void te_average_pool2d_pixel(const te_average_pool2d_params *op, te_src in, te_mve_runs runs,
                                    int8_t *out)
{
    const int32_t count = runs.rows * runs.pixels;
    TE_ASSUME(count > 0);
    for (int32_t channel = 0; channel < op->channels; channel += TE_MVE_SUMS) {
        const int32_t left = op->channels - channel;
        const int32_t lanes = left < TE_MVE_SUMS ? left : TE_MVE_SUMS;
        int32_t sums[TE_MVE_SUMS];
        te_mve_sum_runs(in, runs, channel, lanes, sums);
        for (int32_t i = 0; i < lanes; i++) {
            const int32_t half = sums[i] > 0 ? count / 2 : -(count / 2);
            out[channel + i] = (int8_t)te_clamp((sums[i] + half) / count, op->act_min, op->act_max);
        }
    }
}

TE_SHARED void te_average_pool2d_s8_mve(const te_average_pool2d_params *op, te_src in, te_dst out,
                                        int32_t first, int32_t last)
{
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, 1, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first, 1);
        int8_t *to = te_dst_row(out, oh);
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            const int32_t iw = ow * op->stride_w - op->pad_left;
            const te_taps columns = te_clip_taps(iw, 1, op->kernel_w, op->in_w);
            const te_mve_runs runs =
                te_mve_find_runs(walk, iw + columns.first, rows.last - rows.first,
                                 columns.last - columns.first, op->channels);
            te_average_pool2d_pixel(op, in, runs, to);
            to += op->channels;
        }
    }
}
