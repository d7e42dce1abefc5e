/* The larger of two elements, int16, portable C. */
#include "te_maximum.h"

#include "te_binary_rows_s16.h"

static inline int16_t larger(const void *op, int32_t lhs, int32_t rhs)
{
    (void)op;
    return (int16_t)(lhs > rhs ? lhs : rhs);
}

TE_SHARED void te_maximum_s16(const te_maximum_params *op, te_src lhs, te_src rhs, te_dst out,
                              int32_t first, int32_t last)
{
    const te_maximum_params params = *op;
    te_binary_rows_s16(&params.pairs, larger, &params, lhs, rhs, out, first, last);
}
