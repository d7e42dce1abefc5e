/* Hyperbolic tangent of int16, portable C. */
#include "te_sigmoid_rows.h"

/* Bits of the argument between entries of the table. */
#define BITS 8

static inline int32_t hyperbolic(const uint16_t *table, int32_t magnitude, int32_t is_negative)
{
    const int32_t value = magnitude >> BITS < TE_SIGMOID_LAST
                              ? te_sigmoid_between(table, magnitude, BITS)
                              : UINT16_MAX << BITS;
    const int32_t above = value - (1 << 23);
    return (is_negative ? -above + (1 << 7) - 1 : above + (1 << 7)) >> BITS;
}

TE_SHARED void te_tanh_s16(const te_sigmoid_params *op, te_src in, te_dst out, int32_t first,
                           int32_t last)
{
    const te_sigmoid_params params = *op;
    te_sigmoid_rows(&params, hyperbolic, in, out, first, last);
}
