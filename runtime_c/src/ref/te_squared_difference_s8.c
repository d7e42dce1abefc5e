/* Squared difference, int8, portable C. */
#include "te_squared_difference.h"

#include "te_binary_rows.h"
#include "te_requantize.h"

/* Left shift of the operands before they are brought to their common scale. */
#define TE_SQUARE_LEFT_SHIFT 7

static inline int8_t square(const void *params, int32_t lhs, int32_t rhs)
{
    const te_squared_difference_params *op = params;
    const int32_t left = (lhs - op->lhs_zero_point) * (1 << TE_SQUARE_LEFT_SHIFT);
    const int32_t right = (rhs - op->rhs_zero_point) * (1 << TE_SQUARE_LEFT_SHIFT);
    const int32_t difference = te_requantize(left, op->lhs_multiplier, op->lhs_shift) -
                               te_requantize(right, op->rhs_multiplier, op->rhs_shift);
    const int32_t value = te_requantize(difference * difference, op->out_multiplier, op->out_shift);
    return (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
}

TE_SHARED void te_squared_difference_s8(const te_squared_difference_params *op, te_src lhs,
                                        te_src rhs, te_dst out, int32_t first, int32_t last)
{
    const te_squared_difference_params params = *op;
    te_binary_rows(&params.pairs, square, &params, lhs, rhs, out, first, last);
}
