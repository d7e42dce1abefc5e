/* Elementwise operators as sums of scaled bytes: the DSP instructions and steps they share.
 *
 * A value is an output element in a word, with 24 - doublings fraction bits. The compiler proves
 * for all bytes that the operands can have that its integer part, clamped, is the right output.
 */
#ifndef TE_DSP_ELEMENTWISE_H
#define TE_DSP_ELEMENTWISE_H

#include "te_dsp.h"

#if TE_HAS_DSP

/* sum + x * y0 / 2^16, rounded down, y0 being the low half of a pair. */
static inline int32_t te_smlawb(int32_t x, int32_t y, int32_t sum)
{
    int32_t result;
    __asm__("smlawb %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
}

/* sum + x * y1 / 2^16, rounded down, y1 being the high half of a pair. */
static inline int32_t te_smlawt(int32_t x, int32_t y, int32_t sum)
{
    int32_t result;
    __asm__("smlawt %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
}

/* x + y of pairs, each clamped to 16 bits. */
static inline int32_t te_add16_saturated(int32_t x, int32_t y)
{
    int32_t result;
    __asm__("qadd16 %0, %1, %2" : "=r"(result) : "r"(x), "r"(y));
    return result;
}

/* Elements 0 and 2 of a quad, times 256 as a pair; `mask` is TE_HIGH_BYTES. */
static inline int32_t te_even_times_256(int32_t quad, int32_t mask)
{
    int32_t result;
    __asm__("and %0, %1, %2, lsl #8" : "=r"(result) : "r"(mask), "r"(quad));
    return result;
}

/* The quad of the high bytes of two pairs: elements 0 and 2 of `even`, 1 and 3 of `odd`. */
static inline int32_t te_high_bytes(int32_t even, int32_t odd)
{
    int32_t result;
    __asm__("and %0, %2, #0xff00ff00\n\tuxtab16 %0, %0, %1, ror #8"
            : "=&r"(result)
            : "r"(even), "r"(odd));
    return result;
}

#else

static inline int32_t te_smlawb(int32_t x, int32_t y, int32_t sum)
{
    const int64_t product = (int64_t)x * te_low(y);
    return (int32_t)((uint32_t)sum + (uint32_t)(product >> 16));
}

static inline int32_t te_smlawt(int32_t x, int32_t y, int32_t sum)
{
    const int64_t product = (int64_t)x * te_high(y);
    return (int32_t)((uint32_t)sum + (uint32_t)(product >> 16));
}

static inline int32_t te_saturate16(int32_t value)
{
    if (value < INT16_MIN) {
        return INT16_MIN;
    }
    return value > INT16_MAX ? INT16_MAX : value;
}

static inline int32_t te_add16_saturated(int32_t x, int32_t y)
{
    return te_pair(te_saturate16(te_low(x) + te_low(y)), te_saturate16(te_high(x) + te_high(y)));
}

static inline int32_t te_even_times_256(int32_t quad, int32_t mask)
{
    return (int32_t)(((uint32_t)quad << 8) & (uint32_t)mask);
}

static inline int32_t te_high_bytes(int32_t even, int32_t odd)
{
    return (int32_t)(((uint32_t)odd & 0xff00ff00U) | (((uint32_t)even >> 8) & 0x00ff00ffU));
}

#endif

/* The high byte of each half of a word. */
#define TE_HIGH_BYTES ((int32_t)0xff00ff00U)

/* Elements 1 and 3 of a quad, times 256 as a pair. */
static inline int32_t te_odd_times_256(int32_t quad, int32_t mask)
{
    return (int32_t)((uint32_t)quad & (uint32_t)mask);
}

/* Four outputs from their values: integer parts, clamped to [-128, 127]. */
static inline int32_t te_outputs_of(int32_t v0, int32_t v1, int32_t v2, int32_t v3,
                                    const int32_t doublings)
{
    int32_t even = te_pack_high(v0, v2);
    int32_t odd = te_pack_high(v1, v3);
    for (int32_t i = 0; i < doublings; i++) {
        even = te_add16_saturated(even, even);
        odd = te_add16_saturated(odd, odd);
    }
    return te_high_bytes(even, odd);
}

/* One output from its value, by the same steps. */
static inline int8_t te_output_of(int32_t value, const int32_t doublings)
{
    return (int8_t)te_saturate8(value >> (24 - doublings));
}

#endif
