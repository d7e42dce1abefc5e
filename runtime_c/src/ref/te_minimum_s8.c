/* The smaller of two elements, int8, portable C. */
#include "te_minimum.h"

#include "te_binary_rows.h"

static inline int8_t smaller(const void *op, int32_t lhs, int32_t rhs)
{
    (void)op;
    return (int8_t)(lhs < rhs ? lhs : rhs);
}

TE_SHARED void te_minimum_s8(const te_minimum_params *op, te_src lhs, te_src rhs, te_dst out,
                             int32_t first, int32_t last)
{
    const te_minimum_params params = *op;
    te_binary_rows(&params.pairs, smaller, &params, lhs, rhs, out, first, last);
}
