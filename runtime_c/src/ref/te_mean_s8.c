/* Mean, int8, portable C. */
#include "te_mean.h"

#include "te_reduced.h"
#include "te_requantize.h"

static int32_t sum_window(const te_mean_params *op, te_src in, te_reduced at)
{
    int32_t sum = 0;
    for (int32_t n = at.n; n < at.n + op->window_n; n++) {
        for (int32_t ih = at.h; ih < at.h + op->window_h; ih++) {
            const int8_t *pixel = te_src_row(in, n * op->in_h + ih) + at.w * op->in_c + at.c;
            for (int32_t iw = 0; iw < op->window_w; iw++) {
                for (int32_t ic = 0; ic < op->window_c; ic++) {
                    sum += pixel[ic];
                }
                pixel += op->in_c;
            }
        }
    }
    return sum;
}

TE_SHARED void te_mean_s8(const te_mean_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last)
{
    const te_mean_params params = *op;
    te_reduced at = te_reduced_locate(&params, first * params.row_elements);
    for (int32_t row = first; row < last; row++) {
        int8_t *output = te_dst_row(out, row);
        for (int32_t i = 0; i < params.row_elements; i++) {
            const int32_t sum = sum_window(&params, in, at) - params.zero_points;
            const int32_t value = te_requantize(sum, params.multiplier, params.shift);
            output[i] = (int8_t)te_clamp(value + params.out_zero_point, INT8_MIN, INT8_MAX);
            at = te_reduced_advance(&params, at);
        }
    }
}
