/* Subtraction, int16, portable C. */
#include "te_sub.h"

#include "te_sum_s16.h"

static inline int16_t sub(const void *op, int32_t lhs, int32_t rhs)
{
    return te_add_s16_out(op, te_add_s16_lhs(op, lhs) - te_add_s16_rhs(op, rhs));
}

TE_SHARED void te_sub_s16(const te_add_params *op, te_src lhs, te_src rhs, te_dst out,
                          int32_t first, int32_t last)
{
    const te_add_params params = *op;
    te_binary_rows_s16(&params.pairs, sub, &params, lhs, rhs, out, first, last);
}
