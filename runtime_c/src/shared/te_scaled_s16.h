/* How sums of fully connected operators of int16 are scaled with proven factors. */
#ifndef TE_SCALED_S16_H
#define TE_SCALED_S16_H

#include <stdint.h>

/* sum * (multiplier + fraction / 2^32) / 2^(32 + shift), rounded to nearest, halves up. */
static inline int32_t te_scaled(int32_t sum, int32_t multiplier, int32_t fraction, int32_t shift)
{
    const int32_t rest = (int32_t)(((int64_t)sum * fraction) >> 32);
    const int32_t high = (int32_t)(((int64_t)sum * multiplier + rest) >> 32);
    return (high + (1 << (shift - 1))) >> shift;
}

#endif
