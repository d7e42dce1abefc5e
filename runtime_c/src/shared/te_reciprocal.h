/* 1 / x in fixed point: a mantissa by Newton's method. */
#ifndef TE_RECIPROCAL_H
#define TE_RECIPROCAL_H

#include "te_requantize.h"

/* Zero bits above the most significant one of a positive value. */
static inline int32_t te_leading_zeros(int32_t value)
{
    int32_t zeros = 0;
    for (uint32_t bits = (uint32_t)value; (bits & UINT32_C(0x80000000)) == 0U; bits <<= 1) {
        zeros++;
    }
    return zeros;
}

/* 1 / (1 + fraction) in Q0.31 for a fraction in [0, 1) in Q0.31.
 * Newton-Raphson in Q2.29 from the estimate 48/17 - 32/17 * half the denominator.
 */
static inline int32_t te_reciprocal_of_one_plus(int32_t fraction)
{
    const int32_t one = 1 << 29;
    const int32_t half_denominator = (1 << 30) + (fraction >> 1);
    int32_t x = 1515870810 + te_multiply_q31(-1010580540, half_denominator);
    for (int32_t step = 0; step < 3; step++) {
        const int32_t error = one - te_multiply_q31(x, half_denominator);
        x += te_multiply_q31(error, x) * 4;
    }
    return x < (1 << 30) ? x * 2 : INT32_MAX;
}

#endif
