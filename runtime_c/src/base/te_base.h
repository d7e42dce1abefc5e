/* What kernels for cores without the DSP extension share. */
#ifndef TE_BASE_H
#define TE_BASE_H

#include "te_assembly.h"
#include "te_requantize.h"

#if defined(__ARM_FEATURE_SAT) && defined(__thumb2__)

/* value clamped to [-128, 127]. */
static inline int32_t te_base_saturate(int32_t value)
{
    int32_t result;
    __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(value));
    return result;
}

#else

static inline int32_t te_base_saturate(int32_t value)
{
    return te_clamp(value, INT8_MIN, INT8_MAX);
}

#endif

/* How sums become outputs. */
typedef struct {
    int32_t multiplier; /* te_requantize's */
    int32_t offset;     /* (zero_point + 1/2) * 2^shift */
    int32_t shift;      /* to the right, in [1, 30] */
} te_base_factors;

static inline te_base_factors te_base_fold(int32_t multiplier, int32_t shift, int32_t zero_point)
{
    const te_base_factors by = {multiplier, te_shift_left(2 * zero_point + 1, shift - 1), shift};
    return by;
}

/* te_requantize, the output's zero point and the clamp to int8, for sums in (-2^30, 2^30). The
 * offset rounds halves up; one is taken off where the sum is negative, which rounds halves away
 * from zero.
 */
static inline int8_t te_base_output(int32_t sum, te_base_factors by)
{
#if defined(__thumb__) && !defined(__thumb2__)
    const int32_t value = by.offset + te_multiply_q31(sum, by.multiplier);
#else
    /* The low word's highest bit is the half that rounds. */
    const int64_t product = (int64_t)te_shift_left(sum, 1) * by.multiplier;
    const int32_t half = (int32_t)((uint32_t)product >> 31);
    const int32_t value = by.offset + (int32_t)(product >> 32) + half;
#endif
    return (int8_t)te_base_saturate((value + (sum >> 31)) >> by.shift);
}

/* The same for outputs that are rounded once, halves up: the product is rounded down. */
static inline int8_t te_base_output_once(int32_t sum, te_base_factors by)
{
#if defined(__thumb__) && !defined(__thumb2__)
    const int32_t value = by.offset + te_multiply_q32(te_shift_left(sum, 1), by.multiplier);
#else
    const int64_t product = (int64_t)te_shift_left(sum, 1) * by.multiplier;
    const int32_t value = by.offset + (int32_t)(product >> 32);
#endif
    return (int8_t)te_base_saturate(value >> by.shift);
}

/* Clamps `count` bytes in place, where the clamp is tighter than int8. */
static inline void te_base_clamp(int8_t *bytes, int32_t count, int32_t low, int32_t high)
{
    if (low == INT8_MIN && high == INT8_MAX) {
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        bytes[i] = (int8_t)te_clamp(bytes[i], low, high);
    }
}

#endif
