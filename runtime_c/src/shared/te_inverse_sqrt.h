/* 1 / sqrt(x) of whole numbers, in fixed point. */
#ifndef TE_INVERSE_SQRT_H
#define TE_INVERSE_SQRT_H

#include "te_reciprocal.h"

/* A factor as Q31 multiplier and shift, left positive. */
typedef struct {
    int32_t multiplier;
    int32_t shift;
} te_factor;

/* value * 2^shift, or the nearest that 32 bits hold. */
static inline int32_t te_shift_saturated(int32_t value, int32_t shift)
{
    const int32_t most = INT32_MAX >> shift;
    if (value > most) {
        return INT32_MAX;
    }
    return value < -most - 1 ? INT32_MIN : value * (1 << shift);
}

/* 1 / sqrt(value) for value >= 0, 0 as 1: Newton's method in Q3.28 on a value in [1/4, 1). */
static inline te_factor te_inverse_sqrt(int32_t value)
{
    te_factor result = {INT32_MAX, 0};
    if (value <= 1) {
        return result;
    }
    int32_t right = 11;
    while (value >= 1 << 29) {
        value /= 4;
        right++;
    }
    const int32_t pairs = (te_leading_zeros(value) - 1) / 2 - 1;
    right -= pairs;
    const int32_t half_value = ((value << (2 * pairs) >> 1) + 1) >> 1;
    int32_t x = 1 << 28;
    for (int32_t step = 0; step < 5; step++) {
        const int32_t square = te_multiply_q31(x, x);
        const int32_t cube = te_shift_saturated(te_multiply_q31(square, x), 6);
        const int32_t difference = te_multiply_q31(x, 3 << 27) - te_multiply_q31(half_value, cube);
        x = te_shift_saturated(difference, 3);
    }
    const int32_t root = te_multiply_q31(x, 1518500250); /* sqrt(1/2) */
    result.multiplier = right < 0 ? root * (1 << -right) : root;
    result.shift = right < 0 ? 0 : -right;
    return result;
}

#endif
