/* Average pooling of int8, four channels at a time, for cores without DSP. */
#include "te_average_pool2d_base.h"

#include "te_base_sum.h"
#include "te_requantize.h"

/* Computes all channels of one output pixel. `walk` stands at the first row inside the input. */
static void te_average_pool2d_pixel(const te_average_pool2d_params *op, te_src in, te_row_walk walk,
                                    te_taps rows, int32_t iw, int8_t *out)
{
    const te_taps columns = te_clip_taps(iw, 1, op->kernel_w, op->in_w);
    const te_runs window = {walk, (iw + columns.first) * op->channels, rows.last - rows.first,
                            columns.last - columns.first, op->channels};
    const te_runs runs = te_join_runs(window, in);
    const int32_t count = window.rows * window.pixels;
    TE_ASSUME(count > 0);
    for (int32_t c = 0; c < op->channels; c += 4) {
        const int32_t left = op->channels - c;
        const int32_t channels = left < 4 ? left : 4;
        int32_t sums[4];
        te_base_sums(in, runs, c, channels, sums);
        for (int32_t i = 0; i < channels; i++) {
            const int32_t half = sums[i] > 0 ? count / 2 : -(count / 2);
            out[c + i] = (int8_t)te_clamp((sums[i] + half) / count, op->act_min, op->act_max);
        }
    }
}

TE_SHARED void te_average_pool2d_s8_base(const te_average_pool2d_params *op, te_src in, te_dst out,
                                         int32_t first, int32_t last)
{
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, 1, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first, 1);
        int8_t *to = te_dst_row(out, oh);
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            te_average_pool2d_pixel(op, in, walk, rows, ow * op->stride_w - op->pad_left, to);
            to += op->channels;
        }
    }
}
