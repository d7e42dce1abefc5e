/* Average pooling of int8, four channels at a time, DSP extension. */
#include "te_average_pool2d_dsp.h"

#include "te_dsp_elementwise_sum.h"
#include "te_requantize.h"

static inline int8_t te_average(const te_average_pool2d_params *op, int32_t sum, int32_t count)
{
    TE_ASSUME(count > 0);
    const int32_t half = sum > 0 ? count / 2 : -(count / 2);
    return (int8_t)te_clamp((sum + half) / count, op->act_min, op->act_max);
}

/* Computes all channels of one output pixel. `walk` stands at the first row inside the input. */
static void te_average_pool2d_pixel(const te_average_pool2d_params *op, te_src in, te_row_walk walk,
                                    te_taps rows, int32_t iw, int8_t *out)
{
    const te_taps columns = te_clip_taps(iw, 1, op->kernel_w, op->in_w);
    te_runs runs;
    runs.walk = walk;
    runs.at = (iw + columns.first) * op->channels;
    runs.rows = rows.last - rows.first;
    runs.pixels = columns.last - columns.first;
    runs.gap = op->channels;
    const int32_t count = runs.rows * runs.pixels;
    runs = te_join_runs(runs, in);
    int32_t c = 0;
    for (; c + 4 <= op->channels; c += 4) {
        int32_t sums[4];
        te_sum_window(in, runs, c, sums);
        for (int32_t i = 0; i < 4; i++) {
            out[c + i] = te_average(op, sums[i], count);
        }
    }
    for (; c < op->channels; c++) {
        out[c] = te_average(op, te_sum_channel(in, runs, c), count);
    }
}

TE_SHARED void te_average_pool2d_s8_dsp(const te_average_pool2d_params *op, te_src in, te_dst out,
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
