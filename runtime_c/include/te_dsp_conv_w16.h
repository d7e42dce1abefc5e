/* Dot products of convolutions with int16 weights, for 4, 2 and 1 pixels.
 *
 * Biases and weights are scaled by a power of two per channel: by 2 for TE_CONV_SIGNED, else such
 * that the output is 10 or 13 bits up in the high word of sum * multiplier. The factors of a
 * channel are multiplier, offset and, for TE_CONV_SIGNED, shift.
 *
 * Instructions for 16 MACs: 11, 10 and 11.
 */
#ifndef TE_DSP_CONV_W16_H
#define TE_DSP_CONV_W16_H

#include "te_dsp_conv_asm.h"

#if TE_HAS_DSP

#define TE_CONV_WEIGHTS_1 "ldrd r1, r2, [r0], #8\n\t"
#define TE_CONV_WEIGHTS_2 "ldm.w r0!, {r1-r4}\n\t"

#define TE_CONV_QUAD                                                                               \
    "ldm.w lr!, {r5-r8}\n\t"                                                                       \
    "ldm.w r0!, {r1-r4}\n\t"                                                                       \
    "smlad r9, r5, r1, r9\n\t"                                                                     \
    "smlad r11, r5, r2, r11\n\t"                                                                   \
    "smlad r9, r6, r3, r9\n\t"                                                                     \
    "smlad r11, r6, r4, r11\n\t"                                                                   \
    "ldm.w r0!, {r1-r4}\n\t"                                                                       \
    "smlad r9, r7, r1, r9\n\t"                                                                     \
    "smlad r11, r7, r2, r11\n\t"                                                                   \
    "smlad r9, r8, r3, r9\n\t"                                                                     \
    "smlad r11, r8, r4, r11\n\t"

/* Requantizes r5 to r8 with the factors of one channel, r9 to r12 with the other's. */
#define TE_CONV_UP_4(bits)                                                                         \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "smmla r5, r5, r1, r2\n\t"                                                                     \
    "smmla r6, r6, r1, r2\n\t"                                                                     \
    "smmla r7, r7, r1, r2\n\t"                                                                     \
    "smmla r8, r8, r1, r2\n\t"                                                                     \
    "smmla r9, r9, r3, r4\n\t"                                                                     \
    "smmla r10, r10, r3, r4\n\t"                                                                   \
    "smmla r11, r11, r3, r4\n\t"                                                                   \
    "smmla r12, r12, r3, r4\n\t"                                                                   \
    "ssat r5, #8, r5, asr #" bits "\n\t"                                                           \
    "ssat r6, #8, r6, asr #" bits "\n\t"                                                           \
    "ssat r7, #8, r7, asr #" bits "\n\t"                                                           \
    "ssat r8, #8, r8, asr #" bits "\n\t"                                                           \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r10, #8, r10, asr #" bits "\n\t"                                                         \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "ssat r12, #8, r12, asr #" bits "\n\t"

/* clang-format off */
#define TE_CONV_REQUANTIZE_4                                                                       \
    "7: " TE_CONV_UP_4("13") "b 8f\n\t"                                                            \
    "5: ldm r0!, {r1-r3}\n\t"                                                                      \
    TE_CONV_SIGNED_PAIR("r5", "r6", "r5", "r6")                                                    \
    TE_CONV_SIGNED_PAIR("r7", "r8", "r7", "r8")                                                    \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    TE_CONV_SIGNED_PAIR("r9", "r10", "r9", "r10")                                                  \
    TE_CONV_SIGNED_PAIR("r11", "r12", "r11", "r12")                                                \
    "b 8f\n\t"                                                                                     \
    "6: " TE_CONV_UP_4("10")
/* clang-format on */

/* Requantizes r9, r10 with the factors of one channel, r11, r12 with the other's. */
#define TE_CONV_UP_2(bits)                                                                         \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "smmla r9, r9, r1, r2\n\t"                                                                     \
    "smmla r10, r10, r1, r2\n\t"                                                                   \
    "smmla r11, r11, r3, r4\n\t"                                                                   \
    "smmla r12, r12, r3, r4\n\t"                                                                   \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r10, #8, r10, asr #" bits "\n\t"                                                         \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "ssat r12, #8, r12, asr #" bits "\n\t"

/* clang-format off */
#define TE_CONV_REQUANTIZE_2                                                                       \
    "7: " TE_CONV_UP_2("13") "b 8f\n\t"                                                            \
    "5: ldm r0!, {r1-r3}\n\t"                                                                      \
    TE_CONV_SIGNED_PAIR("r9", "r10", "r9", "r10")                                                  \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    TE_CONV_SIGNED_PAIR("r11", "r12", "r11", "r12")                                                \
    "b 8f\n\t"                                                                                     \
    "6: " TE_CONV_UP_2("10")
/* clang-format on */

/* Requantizes r9 with the factors of one channel, r11 with the other's. */
#define TE_CONV_UP_1(bits)                                                                         \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "smmla r9, r9, r1, r2\n\t"                                                                     \
    "smmla r11, r11, r3, r4\n\t"                                                                   \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r11, #8, r11, asr #" bits "\n\t"

/* clang-format off */
#define TE_CONV_REQUANTIZE_1                                                                       \
    "7: " TE_CONV_UP_1("13") "b 8f\n\t"                                                            \
    "5: ldm r0!, {r1-r3, r5-r7}\n\t"                                                               \
    "smmlar r4, r9, r1, r2\n\t"                                                                    \
    "smmlar lr, r11, r5, r6\n\t"                                                                   \
    "add r9, r4, r9, asr #31\n\t"                                                                  \
    "add r11, lr, r11, asr #31\n\t"                                                                \
    "asr r9, r9, r3\n\t"                                                                           \
    "asr r11, r11, r7\n\t"                                                                         \
    "ssat r9, #8, r9\n\t"                                                                          \
    "ssat r11, #8, r11\n\t"                                                                        \
    "b 8f\n\t"                                                                                     \
    "6: " TE_CONV_UP_1("10")
/* clang-format on */

TE_NAKED static void te_conv_dot_4_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_4(TE_CONV_WEIGHTS_1, "44", TE_CONV_REQUANTIZE_4));
}

TE_NAKED static void te_conv_dot_2_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_2(TE_CONV_WEIGHTS_2, TE_CONV_WEIGHTS_1, "20", TE_CONV_REQUANTIZE_2));
}

TE_NAKED static void te_conv_dot_1_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_1(TE_CONV_QUAD, "11", TE_CONV_WEIGHTS_1, "16", TE_CONV_REQUANTIZE_1));
}

#else

static inline void te_conv_dot_4_w16(const te_conv_block *block)
{
    te_conv_dot_twin(block, 4, 0);
}

static inline void te_conv_dot_2_w16(const te_conv_block *block)
{
    te_conv_dot_twin(block, 2, 0);
}

static inline void te_conv_dot_1_w16(const te_conv_block *block)
{
    te_conv_dot_twin(block, 1, 0);
}

#endif

#endif
