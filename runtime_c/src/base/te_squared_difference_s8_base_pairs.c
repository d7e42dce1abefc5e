/* Squared difference of int8 under broadcasting, for every core. */
#include "te_base_pairs_params.h"

#include "te_base_pairs.h"

/* Left shift of the operands before they are brought to their common scale. */
#define TE_SQUARE_LEFT_SHIFT 7

/* The parameters with the output's zero point folded in. */
typedef struct {
    te_squared_difference_params op;
    te_base_factors by;
} folded;

static inline int32_t scaled(int32_t value, int32_t multiplier, int32_t shift)
{
    const int32_t product = te_multiply_q31(value * (1 << TE_SQUARE_LEFT_SHIFT), multiplier);
    return te_shift_right_rounded(product, -shift);
}

static inline int32_t left_part(const void *params, int32_t byte)
{
    const te_squared_difference_params *op = &((const folded *)params)->op;
    return scaled(byte - op->lhs_zero_point, op->lhs_multiplier, op->lhs_shift);
}

static inline int32_t right_part(const void *params, int32_t byte)
{
    const te_squared_difference_params *op = &((const folded *)params)->op;
    return scaled(byte - op->rhs_zero_point, op->rhs_multiplier, op->rhs_shift);
}

static inline int8_t square(const void *params, int32_t lhs, int32_t rhs)
{
    const folded *op = params;
    return te_base_output((lhs - rhs) * (lhs - rhs), op->by);
}

TE_SHARED void te_squared_difference_s8_base_pairs(const te_squared_difference_params *op,
                                                   te_src lhs, te_src rhs, te_dst out,
                                                   int32_t first, int32_t last)
{
    const folded params = {*op,
                           te_base_fold(op->out_multiplier, -op->out_shift, op->out_zero_point)};
    const te_base_steps steps = {left_part, right_part, square};
    te_base_pairs(&params.op.pairs, steps, &params, lhs, rhs, out, first, last, INT8_MIN, INT8_MAX);
}
