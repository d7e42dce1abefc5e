/* Sum or difference, int8, rounded to even, portable C. */
#include "te_add_even.h"

#include "te_binary_rows.h"
#include "te_requantize_even.h"

static inline int8_t add(const void *params, int32_t lhs, int32_t rhs)
{
    const te_add_even_params *op = params;
    const int64_t sum = (int64_t)(lhs - op->lhs_zero_point) * op->lhs_factor +
                        (int64_t)(rhs - op->rhs_zero_point) * op->rhs_factor;
    const int32_t value = te_shift_to_even(sum, op->shift);
    return (int8_t)te_clamp(value + op->out_zero_point, op->act_min, op->act_max);
}

void te_add_s8_even(const te_add_even_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                    int32_t last)
{
    const te_add_even_params params = *op;
    te_binary_rows(&params.pairs, add, &params, lhs, rhs, out, first, last);
}
