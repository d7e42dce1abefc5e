/* Product, int8, portable C. */
#include "te_reduce_prod.h"

#include "te_reduced.h"
#include "te_requantize.h"

static int32_t scaled(const te_reduce_prod_params *op, int64_t product)
{
    return (int32_t)((product * op->factor + (INT64_C(1) << (op->shift - 1))) >> op->shift);
}

/* The product of the elements of a window before the last scaling. */
static int32_t multiply_window(const te_reduce_prod_params *op, te_src in, te_reduced at)
{
    const te_mean_params *reduced = op->reduced;
    int32_t product = 0;
    int first = 1;
    for (int32_t n = at.n; n < at.n + reduced->window_n; n++) {
        for (int32_t ih = at.h; ih < at.h + reduced->window_h; ih++) {
            const int8_t *row = te_src_row(in, n * reduced->in_h + ih);
            for (int32_t iw = at.w; iw < at.w + reduced->window_w; iw++) {
                for (int32_t ic = at.c; ic < at.c + reduced->window_c; ic++) {
                    const int32_t value = row[iw * reduced->in_c + ic] - op->in_zero_point;
                    product = first ? value : scaled(op, (int64_t)product * value);
                    first = 0;
                }
            }
        }
    }
    return product;
}

TE_SHARED void te_reduce_prod_s8(const te_reduce_prod_params *op, te_src in, te_dst out,
                                 int32_t first, int32_t last)
{
    const te_mean_params reduced = *op->reduced;
    te_reduced at = te_reduced_locate(&reduced, first * reduced.row_elements);
    for (int32_t row = first; row < last; row++) {
        int8_t *output = te_dst_row(out, row);
        for (int32_t i = 0; i < reduced.row_elements; i++) {
            const int32_t value = scaled(op, multiply_window(op, in, at)) + op->out_zero_point;
            output[i] = (int8_t)te_clamp(value, INT8_MIN, INT8_MAX);
            at = te_reduced_advance(&reduced, at);
        }
    }
}
