/* Product, int8, rounded to even, portable C. */
#include "te_mul_even.h"

#include "te_binary_rows.h"
#include "te_requantize_even.h"

static inline int8_t multiply(const void *params, int32_t lhs, int32_t rhs)
{
    const te_mul_params *op = params;
    const int32_t product = (lhs - op->lhs_zero_point) * (rhs - op->rhs_zero_point);
    const int32_t value = te_requantize_even(product, op->out_multiplier, op->out_shift);
    return (int8_t)te_clamp(value + op->out_zero_point, op->act_min, op->act_max);
}

void te_mul_s8_even(const te_mul_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                    int32_t last)
{
    const te_mul_params params = *op;
    te_binary_rows(&params.pairs, multiply, &params, lhs, rhs, out, first, last);
}
