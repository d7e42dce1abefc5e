/* The DSP extension of Armv7E-M and Armv8-M in C, and what kernels that use it share.
 *
 * Every wrapper is one instruction where the compiler targets the extension; elsewhere a portable
 * twin gives the same result, so that the same kernel runs on the host. A pair is two int16 in a
 * word, a quad four int8; element 0 is in the low bits. Source of what the instructions do:
 * Armv7-M Architecture Reference Manual, A7.7 "Alphabetical list of ARMv7-M Thumb instructions".
 */
#ifndef TE_DSP_H
#define TE_DSP_H

#include "te_assembly.h"

#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
#define TE_HAS_DSP 1
#else
#define TE_HAS_DSP 0
#endif

/* A word from any address. */
static inline int32_t te_load_s8x4(const int8_t *from)
{
    int32_t quad;
    __builtin_memcpy(&quad, from, sizeof quad);
    return quad;
}

/* A word to any address. */
static inline void te_store_s8x4(int8_t *to, int32_t quad)
{
    __builtin_memcpy(to, &quad, sizeof quad);
}

#if TE_HAS_DSP

/* sum + x0 * y0 + x1 * y1 of pairs, modulo 2^32. */
static inline int32_t te_smlad(int32_t x, int32_t y, int32_t sum)
{
    int32_t result;
    __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
}

/* sum + x1 * y0 + x0 * y1 of pairs, modulo 2^32. */
static inline int32_t te_smladx(int32_t x, int32_t y, int32_t sum)
{
    int32_t result;
    __asm__("smladx %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
}

/* x0 * y0 + x1 * y1 of pairs. */
static inline int32_t te_smuad(int32_t x, int32_t y)
{
    int32_t result;
    __asm__("smuad %0, %1, %2" : "=r"(result) : "r"(x), "r"(y));
    return result;
}

/* Elements 0 and 2 of an unsigned quad as a pair. */
static inline int32_t te_uxtb16(int32_t quad)
{
    int32_t result;
    __asm__("uxtb16 %0, %1" : "=r"(result) : "r"(quad));
    return result;
}

/* Elements 1 and 3 of an unsigned quad as a pair. */
static inline int32_t te_uxtb16_ror8(int32_t quad)
{
    int32_t result;
    __asm__("uxtb16 %0, %1, ror #8" : "=r"(result) : "r"(quad));
    return result;
}

/* Elements 0 and 2 of a quad as a pair. */
static inline int32_t te_sxtb16(int32_t quad)
{
    int32_t result;
    __asm__("sxtb16 %0, %1" : "=r"(result) : "r"(quad));
    return result;
}

/* Elements 1 and 3 of a quad as a pair. */
static inline int32_t te_sxtb16_ror8(int32_t quad)
{
    int32_t result;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(quad));
    return result;
}

/* Elements 0 and 2 of a quad, added to a pair. */
static inline int32_t te_sxtab16(int32_t pair, int32_t quad)
{
    int32_t result;
    __asm__("sxtab16 %0, %1, %2" : "=r"(result) : "r"(pair), "r"(quad));
    return result;
}

/* Elements 1 and 3 of a quad, added to a pair. */
static inline int32_t te_sxtab16_ror8(int32_t pair, int32_t quad)
{
    int32_t result;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(pair), "r"(quad));
    return result;
}

/* The pair (x0, y0): the low halves. */
static inline int32_t te_pack_low(int32_t x, int32_t y)
{
    int32_t result;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(x), "r"(y));
    return result;
}

/* The pair (x1, y1): the high halves. */
static inline int32_t te_pack_high(int32_t x, int32_t y)
{
    int32_t result;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(y), "r"(x));
    return result;
}

/* The pair (x0, y1). */
static inline int32_t te_pack_mixed(int32_t x, int32_t y)
{
    int32_t result;
    __asm__("pkhbt %0, %1, %2" : "=r"(result) : "r"(x), "r"(y));
    return result;
}

/* x + y of pairs, each modulo 2^16. */
static inline int32_t te_add16(int32_t x, int32_t y)
{
    int32_t result;
    __asm__("sadd16 %0, %1, %2" : "=r"(result) : "r"(x), "r"(y) : "cc");
    return result;
}

/* x - y of pairs, each modulo 2^16. */
static inline int32_t te_sub16(int32_t x, int32_t y)
{
    int32_t result;
    __asm__("ssub16 %0, %1, %2" : "=r"(result) : "r"(x), "r"(y) : "cc");
    return result;
}

/* value clamped to [-128, 127]. */
static inline int32_t te_saturate8(int32_t value)
{
    int32_t result;
    __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(value));
    return result;
}

/* Both of a pair clamped to [-128, 127]. */
static inline int32_t te_saturate8_pair(int32_t pair)
{
    int32_t result;
    __asm__("ssat16 %0, #8, %1" : "=r"(result) : "r"(pair));
    return result;
}

/* sum + x * y / 2^32 rounded to nearest, halves up; modulo 2^32. */
static inline int32_t te_multiply_high_rounded(int32_t x, int32_t y, int32_t sum)
{
    int32_t result;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
}

/* sum + x * y / 2^32 rounded down; modulo 2^32. */
static inline int32_t te_multiply_high(int32_t x, int32_t y, int32_t sum)
{
    int32_t result;
    __asm__("smmla %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
}

/* The greater elements of two quads. */
static inline int32_t te_max8(int32_t x, int32_t y)
{
    int32_t result;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(x), "r"(y) : "cc");
    return result;
}

/* The smaller elements of two quads. */
static inline int32_t te_min8(int32_t x, int32_t y)
{
    int32_t result;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(result) : "r"(x), "r"(y) : "cc");
    return result;
}

#else

static inline int32_t te_low(int32_t pair)
{
    return (int16_t)(uint16_t)((uint32_t)pair & 0xffffU);
}

static inline int32_t te_high(int32_t pair)
{
    return pair >> 16;
}

static inline int32_t te_pair(int32_t low, int32_t high)
{
    return (int32_t)(((uint32_t)high << 16) | ((uint32_t)low & 0xffffU));
}

static inline int32_t te_byte(int32_t quad, int32_t index)
{
    return (int8_t)(uint8_t)(((uint32_t)quad >> (8 * index)) & 0xffU);
}

static inline int32_t te_smlad(int32_t x, int32_t y, int32_t sum)
{
    const uint32_t first = (uint32_t)(te_low(x) * te_low(y));
    const uint32_t second = (uint32_t)(te_high(x) * te_high(y));
    return (int32_t)((uint32_t)sum + first + second);
}

static inline int32_t te_smladx(int32_t x, int32_t y, int32_t sum)
{
    return te_smlad(te_pair(te_high(x), te_low(x)), y, sum);
}

static inline int32_t te_smuad(int32_t x, int32_t y)
{
    return te_smlad(x, y, 0);
}

static inline int32_t te_uxtb16(int32_t quad)
{
    return quad & 0x00ff00ff;
}

static inline int32_t te_uxtb16_ror8(int32_t quad)
{
    return (int32_t)(((uint32_t)quad >> 8) & 0x00ff00ffU);
}

static inline int32_t te_sxtb16(int32_t quad)
{
    return te_pair(te_byte(quad, 0), te_byte(quad, 2));
}

static inline int32_t te_sxtb16_ror8(int32_t quad)
{
    return te_pair(te_byte(quad, 1), te_byte(quad, 3));
}

static inline int32_t te_add16(int32_t x, int32_t y)
{
    return te_pair(te_low(x) + te_low(y), te_high(x) + te_high(y));
}

static inline int32_t te_sub16(int32_t x, int32_t y)
{
    return te_pair(te_low(x) - te_low(y), te_high(x) - te_high(y));
}

static inline int32_t te_sxtab16(int32_t pair, int32_t quad)
{
    return te_add16(pair, te_sxtb16(quad));
}

static inline int32_t te_sxtab16_ror8(int32_t pair, int32_t quad)
{
    return te_add16(pair, te_sxtb16_ror8(quad));
}

static inline int32_t te_pack_low(int32_t x, int32_t y)
{
    return te_pair(x, te_low(y));
}

static inline int32_t te_pack_high(int32_t x, int32_t y)
{
    return te_pair(te_high(x), te_high(y));
}

static inline int32_t te_pack_mixed(int32_t x, int32_t y)
{
    return te_pair(x, te_high(y));
}

static inline int32_t te_saturate8(int32_t value)
{
    if (value < -128) {
        return -128;
    }
    return value > 127 ? 127 : value;
}

static inline int32_t te_saturate8_pair(int32_t pair)
{
    return te_pair(te_saturate8(te_low(pair)), te_saturate8(te_high(pair)));
}

static inline int32_t te_multiply_high_rounded(int32_t x, int32_t y, int32_t sum)
{
    const int64_t product = (int64_t)x * y + (INT64_C(1) << 31);
    return (int32_t)((uint32_t)sum + (uint32_t)(product >> 32));
}

static inline int32_t te_multiply_high(int32_t x, int32_t y, int32_t sum)
{
    return (int32_t)((uint32_t)sum + (uint32_t)(((int64_t)x * y) >> 32));
}

static inline int32_t te_max8(int32_t x, int32_t y)
{
    uint32_t result = 0;
    for (int32_t i = 0; i < 4; i++) {
        const int32_t greater = te_byte(x, i) >= te_byte(y, i) ? te_byte(x, i) : te_byte(y, i);
        result |= ((uint32_t)greater & 0xffU) << (8 * i);
    }
    return (int32_t)result;
}

static inline int32_t te_min8(int32_t x, int32_t y)
{
    uint32_t result = 0;
    for (int32_t i = 0; i < 4; i++) {
        const int32_t smaller = te_byte(x, i) >= te_byte(y, i) ? te_byte(y, i) : te_byte(x, i);
        result |= ((uint32_t)smaller & 0xffU) << (8 * i);
    }
    return (int32_t)result;
}

#endif

/* te_requantize and the output's zero point in five instructions, before the clamp. The factors
 * are `requantize_dsp.fold`'s: offset is zero_point * 2^shift + 2^(shift - 1), with shift in
 * [1, 30] to the right. te_multiply_q31 is SMMLAR of the doubled sum; the right shift rounds
 * halves away from zero, so one is taken off where the sum is negative.
 */
static inline int32_t te_requantize_folded(int32_t sum, int32_t multiplier, int32_t offset,
                                           int32_t shift)
{
    const int32_t twice = (int32_t)((uint32_t)sum << 1);
    return (te_multiply_high_rounded(twice, multiplier, offset) + (sum >> 31)) >> shift;
}

/* The same in four, where every output below the zero point is clamped to it anyway. */
static inline int32_t te_requantize_folded_up(int32_t sum, int32_t multiplier, int32_t offset,
                                              int32_t shift)
{
    const int32_t twice = (int32_t)((uint32_t)sum << 1);
    return te_multiply_high_rounded(twice, multiplier, offset) >> shift;
}

/* Clamps `count` bytes in place; for clamps that te_saturate8 has not done already. */
static inline void te_clamp_run(int8_t *bytes, int32_t count, int32_t low, int32_t high)
{
    const int32_t lows = (int32_t)(((uint32_t)low & 0xffU) * 0x01010101U);
    const int32_t highs = (int32_t)(((uint32_t)high & 0xffU) * 0x01010101U);
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const int32_t quad = te_load_s8x4(bytes + i);
        te_store_s8x4(bytes + i, te_min8(te_max8(quad, lows), highs));
    }
    for (; i < count; i++) {
        const int32_t raised = bytes[i] < low ? low : bytes[i];
        bytes[i] = (int8_t)(raised > high ? high : raised);
    }
}

#endif
