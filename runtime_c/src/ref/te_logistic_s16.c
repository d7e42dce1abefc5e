/* Logistic function of int16, portable C. */
#include "te_sigmoid_rows.h"

/* Bits of the argument between entries of the table. */
#define BITS 9

static inline int32_t logistic(const uint16_t *table, int32_t magnitude, int32_t is_negative)
{
    const int32_t value = magnitude >> BITS < TE_SIGMOID_LAST
                              ? te_sigmoid_between(table, magnitude, BITS)
                              : INT16_MAX << 10;
    return (is_negative ? (1 << 25) - value + (1 << 9) - 1 : value + (1 << 9)) >> 10;
}

TE_SHARED void te_logistic_s16(const te_sigmoid_params *op, te_src in, te_dst out, int32_t first,
                               int32_t last)
{
    const te_sigmoid_params params = *op;
    te_sigmoid_rows(&params, logistic, in, out, first, last);
}
