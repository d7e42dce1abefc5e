/* Product, int16, portable C. */
#include "te_mul.h"

#include "te_binary_rows_s16.h"
#include "te_requantize.h"

static inline int16_t multiply(const void *params, int32_t lhs, int32_t rhs)
{
    const te_mul_params *op = params;
    const int32_t product = lhs * rhs;
    const int32_t value = te_requantize(product, op->out_multiplier, op->out_shift);
    return (int16_t)te_clamp(value, op->act_min, op->act_max);
}

TE_SHARED void te_mul_s16(const te_mul_params *op, te_src lhs, te_src rhs, te_dst out,
                          int32_t first, int32_t last)
{
    const te_mul_params params = *op;
    te_binary_rows_s16(&params.pairs, multiply, &params, lhs, rhs, out, first, last);
}
