/* Means of each channel of int8, eight at a time, MVE. */
#include "te_mean_mve.h"

#include "te_mve_means.h"
#include "te_mve_pool.h"

/* The means of all channels over one window. */
static void te_mean_pixel(const te_mean_params *op, te_src in, te_mve_runs runs, int8_t *out)
{
    for (int32_t channel = 0; channel < op->in_c; channel += TE_MVE_SUMS) {
        const int32_t left = op->in_c - channel;
        const int32_t lanes = left < TE_MVE_SUMS ? left : TE_MVE_SUMS;
        int32_t sums[TE_MVE_SUMS];
        te_mve_sum_runs(in, runs, channel, lanes, sums);
        te_mve_store_means(op, sums, out + channel, lanes);
    }
}

TE_SHARED void te_mean_s8_mve(const te_mean_params *op, te_src in, te_dst out, int32_t first,
                              int32_t last)
{
    const int32_t pixels = op->row_elements / op->in_c;
    for (int32_t row = first; row < last; row++) {
        int8_t *to = te_dst_row(out, row);
        for (int32_t pixel = row * pixels; pixel < (row + 1) * pixels; pixel++) {
            const int32_t oh = pixel / op->out_w;
            const te_row_walk walk = te_walk_rows(in, oh * op->window_h, 1);
            te_mean_pixel(op, in,
                          te_mve_find_runs(walk, pixel - oh * op->out_w, op->window_h, op->window_w,
                                           op->in_c),
                          to);
            to += op->in_c;
        }
    }
}
