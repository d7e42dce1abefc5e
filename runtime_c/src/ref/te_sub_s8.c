/* Subtraction, int8, portable C. */
#include "te_sub.h"

#include "te_sum.h"

static inline int8_t subtract(const void *op, int32_t lhs, int32_t rhs)
{
    return te_add_out(op, te_add_lhs(op, lhs) - te_add_rhs(op, rhs));
}

TE_SHARED void te_sub_s8(const te_add_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                         int32_t last)
{
    const te_add_params params = *op;
    te_binary_rows(&params.pairs, subtract, &params, lhs, rhs, out, first, last);
}
