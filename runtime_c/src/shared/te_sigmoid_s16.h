/* The logistic function and the hyperbolic tangent of int16, between entries of a table. */
#ifndef TE_SIGMOID_S16_H
#define TE_SIGMOID_S16_H

#include <stdint.h>

/* The last entry of the table: from there on functions stay at their end. */
#define TE_SIGMOID_LAST 255

/* Bits of the argument between entries. */
#define TE_LOGISTIC_BITS 9
#define TE_TANH_BITS 8

/* What lies between the entries around `magnitude`, times 2^bits; the caller sees to the end. */
static inline int32_t te_sigmoid_between(const uint16_t *table, int32_t magnitude, int32_t bits)
{
    const int32_t index = magnitude >> bits;
    const int32_t part = magnitude & ((1 << bits) - 1);
    const int32_t entry = table[index];
    return (entry << bits) + part * (table[index + 1] - entry);
}

/* The logistic function of an argument's magnitude and sign, in units of 2^-15. */
static inline int32_t te_logistic_by_table(const uint16_t *table, int32_t magnitude,
                                           int32_t is_negative)
{
    const int32_t value = magnitude >> TE_LOGISTIC_BITS < TE_SIGMOID_LAST
                              ? te_sigmoid_between(table, magnitude, TE_LOGISTIC_BITS)
                              : INT16_MAX << 10;
    return (is_negative ? (1 << 25) - value + (1 << 9) - 1 : value + (1 << 9)) >> 10;
}

/* The hyperbolic tangent: tanh(x) = 2 * logistic(2 * x) - 1. */
static inline int32_t te_tanh_by_table(const uint16_t *table, int32_t magnitude,
                                       int32_t is_negative)
{
    const int32_t value = magnitude >> TE_TANH_BITS < TE_SIGMOID_LAST
                              ? te_sigmoid_between(table, magnitude, TE_TANH_BITS)
                              : UINT16_MAX << TE_TANH_BITS;
    const int32_t above = value - (1 << 23);
    return (is_negative ? -above + (1 << 7) - 1 : above + (1 << 7)) >> TE_TANH_BITS;
}

#endif
