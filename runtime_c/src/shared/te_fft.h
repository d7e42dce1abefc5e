/* Arithmetic of complex 15-bit fractions, and the FFT in the room of its result. */
#ifndef TE_FFT_H
#define TE_FFT_H

#include "te_signal_spectrum.h"

typedef struct {
    int32_t re;
    int32_t im;
} te_complex;

/* A product of two fractions as one, halves up; what 16 bits keep of it. */
static inline int32_t te_fraction(int32_t product)
{
    return (int16_t)((product + (1 << 14)) >> 15);
}

/* A value divided by n, given 32767 / n. */
static inline te_complex te_divided(const int16_t *value, int32_t reciprocal)
{
    const te_complex part = {te_fraction(value[0] * reciprocal),
                             te_fraction(value[1] * reciprocal)};
    return part;
}

static inline te_complex te_product(te_complex a, const int16_t *b)
{
    const te_complex product = {te_fraction(a.re * b[0] - a.im * b[1]),
                                te_fraction(a.re * b[1] + a.im * b[0])};
    return product;
}

static inline te_complex te_sum(te_complex a, te_complex b)
{
    const te_complex sum = {a.re + b.re, a.im + b.im};
    return sum;
}

static inline te_complex te_difference(te_complex a, te_complex b)
{
    const te_complex difference = {a.re - b.re, a.im - b.im};
    return difference;
}

/* i times a value. */
static inline te_complex te_turned(te_complex a)
{
    const te_complex turned = {-a.im, a.re};
    return turned;
}

static inline void te_put(int16_t *to, te_complex value)
{
    to[0] = (int16_t)value.re;
    to[1] = (int16_t)value.im;
}

/* Transforms data [values, 2], whose values stand in `order`. */
void te_fft_s16(const te_fft *fft, int16_t *data);

#endif
