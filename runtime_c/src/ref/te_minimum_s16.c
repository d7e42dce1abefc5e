/* The smaller of two elements, int16, portable C. */
#include "te_minimum.h"

#include "te_binary_rows_s16.h"

static inline int16_t smaller(const void *op, int32_t lhs, int32_t rhs)
{
    (void)op;
    return (int16_t)(lhs < rhs ? lhs : rhs);
}

TE_SHARED void te_minimum_s16(const te_minimum_params *op, te_src lhs, te_src rhs, te_dst out,
                              int32_t first, int32_t last)
{
    const te_minimum_params params = *op;
    te_binary_rows_s16(&params.pairs, smaller, &params, lhs, rhs, out, first, last);
}
