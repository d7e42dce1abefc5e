/* Means of each channel of int8, four channels at a time, for cores without DSP. */
#include "te_mean_base.h"

#include "te_base_sum.h"
#include "te_requantize.h"

/* The means of all channels over the window that starts at row `row`, column `ow`. */
static void te_mean_pixel(const te_mean_params *op, te_src in, int32_t row, int32_t ow, int8_t *out)
{
    const te_runs window = {te_walk_rows(in, row, 1), ow * op->in_c, op->window_h, op->window_w,
                            op->in_c};
    const te_runs runs = te_join_runs(window, in);
    for (int32_t c = 0; c < op->in_c; c += 4) {
        const int32_t left = op->in_c - c;
        const int32_t channels = left < 4 ? left : 4;
        int32_t sums[4];
        te_base_sums(in, runs, c, channels, sums);
        for (int32_t i = 0; i < channels; i++) {
            const int32_t sum = sums[i] - op->zero_points;
            const int32_t value = te_requantize(sum, op->multiplier, op->shift);
            out[c + i] = (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
        }
    }
}

TE_SHARED void te_mean_s8_base(const te_mean_params *op, te_src in, te_dst out, int32_t first,
                               int32_t last)
{
    const int32_t pixels = op->row_elements / op->in_c;
    int32_t pixel = first * pixels;
    for (int32_t row = first; row < last; row++) {
        int8_t *to = te_dst_row(out, row);
        for (int32_t i = 0; i < pixels; i++) {
            const int32_t mean_row = pixel / op->out_w;
            te_mean_pixel(op, in, mean_row * op->window_h, pixel - mean_row * op->out_w, to);
            to += op->in_c;
            pixel++;
        }
    }
}
