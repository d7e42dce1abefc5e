/* Means of each channel of int8, four channels at a time, DSP extension. */
#include "te_mean_dsp.h"

#include "te_dsp_elementwise_sum.h"

static inline int8_t te_mean_of(const te_mean_dsp_params *op, int32_t sum)
{
    const int32_t centred = sum - op->zero_points;
    return (int8_t)te_saturate8(
        te_requantize_folded(centred, op->multiplier, op->offset, op->shift));
}

/* The means of all channels over the window that starts at row `row`, column `ow`. */
static void te_mean_pixel(const te_mean_dsp_params *op, te_src in, int32_t row, int32_t ow,
                          int8_t *out)
{
    te_runs runs;
    runs.walk = te_walk_rows(in, row, 1);
    runs.at = ow * op->channels;
    runs.rows = op->window_h;
    runs.pixels = op->window_w;
    runs.gap = op->channels;
    runs = te_join_runs(runs, in);
    int32_t c = 0;
    for (; c + 4 <= op->channels; c += 4) {
        int32_t sums[4];
        te_sum_window(in, runs, c, sums);
        for (int32_t i = 0; i < 4; i++) {
            out[c + i] = te_mean_of(op, sums[i]);
        }
    }
    for (; c < op->channels; c++) {
        out[c] = te_mean_of(op, te_sum_channel(in, runs, c));
    }
}

TE_SHARED void te_mean_s8_dsp(const te_mean_dsp_params *op, te_src in, te_dst out, int32_t first,
                              int32_t last)
{
    const te_mean_dsp_params params = *op;
    int32_t pixel = first * params.row_pixels;
    for (int32_t row = first; row < last; row++) {
        int8_t *to = te_dst_row(out, row);
        for (int32_t i = 0; i < params.row_pixels; i++) {
            const int32_t mean_row = pixel / params.out_w;
            const int32_t ow = pixel - mean_row * params.out_w;
            te_mean_pixel(&params, in, mean_row * params.window_h, ow, to);
            to += params.channels;
            pixel++;
        }
    }
}
