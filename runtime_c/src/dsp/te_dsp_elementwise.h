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

/* Both of a pair clamped to 14 bits. */
static inline int32_t te_saturate14_pair(int32_t pair)
{
    int32_t result;
    __asm__("ssat16 %0, #14, %1" : "=r"(result) : "r"(pair));
    return result;
}

/* Both of a pair clamped to 13 bits. */
static inline int32_t te_saturate13_pair(int32_t pair)
{
    int32_t result;
    __asm__("ssat16 %0, #13, %1" : "=r"(result) : "r"(pair));
    return result;
}

/* Elements 0 and 2 of a quad, times 256 as a pair; `mask` is TE_HIGH_BYTES. */
static inline int32_t te_even_times_256(int32_t quad, int32_t mask)
{
    int32_t result;
    __asm__("and %0, %1, %2, lsl #8" : "=r"(result) : "r"(mask), "r"(quad));
    return result;
}

/* Elements 0 and 2 from the high bytes of `even`, 1 and 3 from a quad that has only these. */
static inline int32_t te_join_bytes(int32_t even, int32_t odd)
{
    int32_t result;
    __asm__("uxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(odd), "r"(even));
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

static inline int32_t te_saturate(int32_t value, int32_t bits)
{
    const int32_t limit = 1 << (bits - 1);
    if (value < -limit) {
        return -limit;
    }
    return value >= limit ? limit - 1 : value;
}

static inline int32_t te_add16_saturated(int32_t x, int32_t y)
{
    const int32_t low = te_saturate(te_low(x) + te_low(y), 16);
    return te_pair(low, te_saturate(te_high(x) + te_high(y), 16));
}

static inline int32_t te_saturate14_pair(int32_t pair)
{
    return te_pair(te_saturate(te_low(pair), 14), te_saturate(te_high(pair), 14));
}

static inline int32_t te_saturate13_pair(int32_t pair)
{
    return te_pair(te_saturate(te_low(pair), 13), te_saturate(te_high(pair), 13));
}

static inline int32_t te_even_times_256(int32_t quad, int32_t mask)
{
    return (int32_t)(((uint32_t)quad << 8) & (uint32_t)mask);
}

static inline int32_t te_join_bytes(int32_t even, int32_t odd)
{
    return (int32_t)((uint32_t)odd | (((uint32_t)even >> 8) & 0x00ff00ffU));
}

#endif

/* The high byte of each half of a word. */
#define TE_HIGH_BYTES ((int32_t)0xff00ff00U)

/* Elements 1 and 3 of a quad, times 256 as a pair. */
static inline int32_t te_odd_times_256(int32_t quad, int32_t mask)
{
    return (int32_t)((uint32_t)quad & (uint32_t)mask);
}

/* Four outputs from their values: integer parts, clamped to [-128, 127]. A saturating doubling
 * clamps and shifts at once; where it takes more than one, a clamp and a shift are less.
 */
static inline int32_t te_outputs_of(int32_t v0, int32_t v1, int32_t v2, int32_t v3, int32_t mask,
                                    const int32_t doublings)
{
    const int32_t even = te_pack_high(v0, v2);
    const int32_t odd = te_pack_high(v1, v3);
    uint32_t evens;
    uint32_t odds;
    if (doublings == 1) {
        evens = (uint32_t)te_add16_saturated(even, even);
        odds = (uint32_t)te_add16_saturated(odd, odd);
    } else if (doublings == 2) {
        evens = (uint32_t)te_saturate14_pair(even) << 2;
        odds = (uint32_t)te_saturate14_pair(odd) << 2;
    } else {
        evens = (uint32_t)te_saturate13_pair(even) << 3;
        odds = (uint32_t)te_saturate13_pair(odd) << 3;
    }
    return te_join_bytes((int32_t)evens, (int32_t)(odds & (uint32_t)mask));
}

/* One output from its value, by the same steps. */
static inline int8_t te_output_of(int32_t value, const int32_t doublings)
{
    return (int8_t)te_saturate8(value >> (24 - doublings));
}

#endif
