/* Logistic and tanh of fixed-point numbers of 16 bits.
 *
 * With i integer bits, raw stands for raw / 2^(15 - i). Source: gemmlowp, fixedpoint/fixedpoint.h.
 */
#ifndef TE_FIXED_S16_H
#define TE_FIXED_S16_H

#include <stdint.h>

#include "te_requantize.h"

static inline int32_t te_saturate_s16(int32_t value)
{
    return te_clamp(value, INT16_MIN, INT16_MAX);
}

/* a * b without integer bits, rounded to nearest, halves up; a and b in [-2^15, 2^15). */
static inline int32_t te_multiply_q15(int32_t a, int32_t b)
{
    const int32_t product = (a * b + (1 << 14)) >> 15;
    return product > INT16_MAX ? INT16_MAX : product;
}

/* exp(x) without integer bits, of x in [-1/4, 0) without, by a Taylor series around -1/8. */
static inline int32_t te_exp_of_quarter(int32_t x)
{
    const int32_t y = x + (1 << 12);
    const int32_t y2 = te_multiply_q15(y, y);
    const int32_t y3 = te_multiply_q15(y2, y);
    const int32_t y4 = te_multiply_q15(y2, y2);
    const int32_t sixth = te_multiply_q15(te_shift_right_rounded(y4, 2) + y3, 10923);
    const int32_t series = y + te_shift_right_rounded(sixth + y2, 1);
    return te_saturate_s16(28918 + te_multiply_q15(28918, series));
}

/* exp(x) without integer bits, of x in [-2^15, 0] with `integer_bits` in [1, 7]. */
static inline int32_t te_exp_s16(int32_t x, int32_t integer_bits)
{
    /* exp(-2^e) for e from -2 on. */
    static const int16_t factors[] = {25520, 19875, 12055, 4435, 600, 11, 0};
    const int32_t quarter = 1 << (13 - integer_bits);
    const int32_t low = (x & (quarter - 1)) - quarter;
    const int32_t rest = low - x;
    if (x == 0) {
        return INT16_MAX;
    }
    if (integer_bits > 5 && x < -(1 << (20 - integer_bits))) {
        return 0;
    }
    int32_t result = te_exp_of_quarter(low * (1 << integer_bits));
    for (int32_t i = 0; i < integer_bits + 2 && i < 7; i++) {
        if ((rest & (quarter << i)) != 0) {
            result = te_multiply_q15(result, factors[i]);
        }
    }
    return result;
}

/* 2 / (1 + x) with 2 integer bits, of x in [0, 1] without: three steps of Newton and Raphson. */
static inline int32_t te_reciprocal_s16(int32_t x)
{
    const int32_t half = (x + INT16_MAX + 1) >> 1;
    int32_t y = 23130 + te_multiply_q15(half, -15420);
    for (int32_t i = 0; i < 3; i++) {
        const int32_t left = (1 << 13) - te_multiply_q15(half, y);
        y = (int16_t)(y + te_saturate_s16(te_multiply_q15(y, left) * 4));
    }
    return y;
}

/* 1 / (1 + exp(-x)) without integer bits, of x in [-2^15, 2^15) with 3. */
static inline int32_t te_logistic_s16(int32_t x)
{
    if (x == 0) {
        return 1 << 14;
    }
    const int32_t made = te_reciprocal_s16(te_exp_s16(x < 0 ? x : -x, 3));
    const int32_t positive = te_saturate_s16(made * 2);
    return x > 0 ? positive : INT16_MAX - positive;
}

/* tanh(x) without integer bits, of x in [-2^15, 2^15) with `integer_bits` in [0, 6]. */
static inline int32_t te_tanh_s16(int32_t x, int32_t integer_bits)
{
    if (x == 0) {
        return 0;
    }
    const int32_t made = te_reciprocal_s16(te_exp_s16(x < 0 ? x : -x, integer_bits + 1));
    const int32_t magnitude = te_saturate_s16((made - (1 << 13)) * 4);
    return x < 0 ? -magnitude : magnitude;
}

#endif
