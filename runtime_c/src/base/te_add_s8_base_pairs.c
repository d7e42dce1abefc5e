/* Sum or difference of int8 under broadcasting, for every core. */
#include "te_base_pairs_params.h"

#include "te_base_pairs.h"

static inline int32_t left_part(const void *params, int32_t byte)
{
    const te_add_pairs_params *op = params;
    return byte * op->lhs_factor;
}

static inline int32_t right_part(const void *params, int32_t byte)
{
    const te_add_pairs_params *op = params;
    return op->offset + byte * op->rhs_factor;
}

static inline int8_t add(const void *params, int32_t lhs, int32_t rhs)
{
    const te_add_pairs_params *op = params;
    return (int8_t)te_base_saturate((lhs + rhs) >> op->bits);
}

TE_SHARED void te_add_s8_base_pairs(const te_add_pairs_params *op, te_src lhs, te_src rhs,
                                    te_dst out, int32_t first, int32_t last)
{
    const te_add_pairs_params params = *op;
    const te_base_steps steps = {left_part, right_part, add};
    te_base_pairs(&params.pairs, steps, &params, lhs, rhs, out, first, last, params.act_min,
                  params.act_max);
}
