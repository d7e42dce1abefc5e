/* What kernels for cores without the DSP extension share: outputs from sums. */
#ifndef TE_BASE_H
#define TE_BASE_H

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

/* te_requantize, the output's zero point and the clamp to int8. The factors are
 * `requantize_dsp.fold`'s: offset is zero_point * 2^shift + 2^(shift - 1), with shift in [1, 30] to
 * the right. That rounds halves up; one is taken off where the sum is negative, which rounds
 * halves away from zero. `is_signed` is 0 where all outputs below the zero point are clamped to it
 * anyway.
 */
static inline int8_t te_base_output(int32_t sum, int32_t multiplier, int32_t offset, int32_t shift,
                                    int32_t is_signed)
{
    int32_t value = offset + te_multiply_q31(sum, multiplier);
    if (is_signed) {
        value += sum >> 31;
    }
    return (int8_t)te_base_saturate(value >> shift);
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
