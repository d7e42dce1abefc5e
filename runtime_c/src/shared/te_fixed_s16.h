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

/* a * b without integer bits, rounded to nearest, halves up; not -1 times -1. */
static inline int32_t te_multiply_q15(int32_t a, int32_t b)
{
    return (a * b + (1 << 14)) >> 15;
}

/* exp(x) without integer bits, of x in [-1/4, 0) without, by a Taylor series around -1/8. What is
 * halved or quartered is never negative, and nothing leaves 16 bits: a test tries all x.
 */
static inline int32_t te_exp_of_quarter(int32_t x)
{
    const int32_t y = x + (1 << 12);
    const int32_t y2 = te_multiply_q15(y, y);
    const int32_t y3 = te_multiply_q15(y2, y);
    const int32_t y4 = te_multiply_q15(y2, y2);
    const int32_t sixth = te_multiply_q15(((y4 + 2) >> 2) + y3, 10923);
    const int32_t series = y + ((sixth + y2 + 1) >> 1);
    return 28918 + te_multiply_q15(28918, series);
}

/* `value` times `factor`, where a bit of `rest` is set. */
static inline int32_t te_multiply_if(int32_t rest, int32_t bit, int32_t value, int32_t factor)
{
    return (rest & bit) != 0 ? te_multiply_q15(value, factor) : value;
}

/* exp(x) without integer bits, of x in [-2^15, 0] with `integer_bits` in [1, 7]: below 1/4 the series,
 * then a factor exp(-2^e) for every bit that is set, e from -2 on.
 */
static inline int32_t te_exp_s16(int32_t x, int32_t integer_bits)
{
    const int32_t quarter = 1 << (13 - integer_bits);
    const int32_t low = (x & (quarter - 1)) - quarter;
    const int32_t rest = low - x;
    if (x == 0) {
        return INT16_MAX;
    }
    int32_t result = te_exp_of_quarter(low * (1 << integer_bits));
    result = te_multiply_if(rest, quarter, result, 25520);
    result = te_multiply_if(rest, quarter << 1, result, 19875);
    result = te_multiply_if(rest, quarter << 2, result, 12055);
    if (integer_bits > 1) {
        result = te_multiply_if(rest, quarter << 3, result, 4435);
    }
    if (integer_bits > 2) {
        result = te_multiply_if(rest, quarter << 4, result, 600);
    }
    if (integer_bits > 3) {
        result = te_multiply_if(rest, quarter << 5, result, 11);
    }
    /* exp(-16) is 0. */
    return integer_bits > 4 && rest >= quarter << 6 ? 0 : result;
}

/* 2 / (1 + x) with 2 integer bits, of x in [0, 1] without: three steps of Newton and Raphson, in which
 * nothing leaves 16 bits.
 */
static inline int32_t te_reciprocal_s16(int32_t x)
{
    const int32_t half = (x + INT16_MAX + 1) >> 1;
    int32_t y = 23130 + te_multiply_q15(half, -15420);
    for (int32_t i = 0; i < 3; i++) {
        const int32_t left = (1 << 13) - te_multiply_q15(half, y);
        y += te_multiply_q15(y, left) * 4;
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
    const int32_t positive = made < 1 << 14 ? made * 2 : INT16_MAX;
    return x > 0 ? positive : INT16_MAX - positive;
}

/* tanh(x) without integer bits, of x in [-2^15, 2^15) with `integer_bits` in [0, 6]. */
static inline int32_t te_tanh_s16(int32_t x, int32_t integer_bits)
{
    if (x == 0) {
        return 0;
    }
    const int32_t made = te_reciprocal_s16(te_exp_s16(x < 0 ? x : -x, integer_bits + 1));
    const int32_t magnitude = made < 1 << 14 ? (made - (1 << 13)) * 4 : INT16_MAX;
    return x < 0 ? -magnitude : magnitude;
}

#endif
