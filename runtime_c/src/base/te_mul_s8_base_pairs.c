/* Product of int8 under broadcasting, for every core. */
#include "te_base_pairs_params.h"

#include "te_base_pairs.h"

/* The parameters with the output's zero point folded in. */
typedef struct {
    int32_t lhs_zero_point;
    int32_t rhs_zero_point;
    te_base_factors by;
} folded;

static inline int32_t left_part(const void *params, int32_t byte)
{
    const folded *op = params;
    return byte - op->lhs_zero_point;
}

static inline int32_t right_part(const void *params, int32_t byte)
{
    const folded *op = params;
    return byte - op->rhs_zero_point;
}

static inline int8_t multiply(const void *params, int32_t lhs, int32_t rhs)
{
    const folded *op = params;
    return te_base_output(lhs * rhs, op->by);
}

TE_SHARED void te_mul_s8_base_pairs(const te_mul_params *op, te_src lhs, te_src rhs, te_dst out,
                                    int32_t first, int32_t last)
{
    const te_pairs pairs = op->pairs;
    const folded params = {op->lhs_zero_point, op->rhs_zero_point,
                           te_base_fold(op->out_multiplier, -op->out_shift, op->out_zero_point)};
    const te_base_steps steps = {left_part, right_part, multiply};
    te_base_pairs(&pairs, steps, &params, lhs, rhs, out, first, last, op->act_min, op->act_max);
}
