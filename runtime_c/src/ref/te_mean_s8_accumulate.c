/* Mean of int8 over rows, row by row, portable C. */
#include "te_mean_accumulate.h"

#include "te_requantize.h"

#include <string.h>

/* Adds one input row's elements, each to the sum of its mean. */
static void te_mean_add_row(const te_mean_params *op, const int8_t *in, int32_t *sums)
{
    const int32_t end = op->window_w * op->in_c;
    for (int32_t ow = 0; ow < op->out_w; ow++) {
        for (int32_t oc = 0; oc < op->out_c; oc++) {
            int32_t sum = 0;
            for (int32_t at = oc; at < oc + end; at += op->in_c) {
                for (int32_t ic = at; ic < at + op->window_c; ic++) {
                    sum += in[ic];
                }
            }
            *sums++ += sum;
        }
        in += op->in_c;
    }
}

TE_SHARED void te_mean_s8_accumulate(const te_mean_params *op, te_src in, te_dst out, int32_t first,
                                     int32_t last, void *scratch)
{
    int32_t *const sums = scratch;
    const int32_t means = op->out_w * op->out_c;
    if (first >= last) {
        return;
    }
    if (first == 0) {
        memset(sums, 0, (uint32_t)means * sizeof *sums);
    }
    for (int32_t row = first; row < last; row++) {
        te_mean_add_row(op, te_src_row(in, row), sums);
    }
    if (last == op->window_n * op->window_h) {
        int8_t *const output = te_dst_row(out, 0);
        for (int32_t i = 0; i < means; i++) {
            const int32_t sum = sums[i] - op->zero_points;
            const int32_t value = te_requantize(sum, op->multiplier, op->shift);
            output[i] = (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
        }
    }
}
