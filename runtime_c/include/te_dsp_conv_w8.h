/* Dot products of convolutions with int8 weights, for 4, 2 and 1 pixels.
 *
 * A word of weights is a0 b0 a1 b1: extended from its even and its odd bytes it is a pair of taps
 * of either channel. The factors of a channel are multiplier, offset and shift; for
 * TE_CONV_UP_10 and 13 the shift is to the left, such that the output is 10 or 13 bits up in the
 * high word of sum * multiplier.
 *
 * Instructions for 16 MACs: 13, 14 and 18.
 */
#ifndef TE_DSP_CONV_W8_H
#define TE_DSP_CONV_W8_H

#include "te_dsp_conv_asm.h"

#if TE_HAS_DSP

#define TE_CONV_WEIGHTS_1                                                                          \
    "ldr r1, [r0], #4\n\t"                                                                         \
    "sxtb16 r2, r1, ror #8\n\t"                                                                    \
    "sxtb16 r1, r1\n\t"
#define TE_CONV_WEIGHTS_2                                                                          \
    "ldrd r1, r3, [r0], #8\n\t"                                                                    \
    "sxtb16 r2, r1, ror #8\n\t"                                                                    \
    "sxtb16 r1, r1\n\t"                                                                            \
    "sxtb16 r4, r3, ror #8\n\t"                                                                    \
    "sxtb16 r3, r3\n\t"

#define TE_CONV_QUAD                                                                               \
    "ldm.w lr!, {r5-r8}\n\t"                                                                       \
    "ldm.w r0!, {r1-r4}\n\t"                                                                       \
    "sxtb16 r12, r1, ror #8\n\t"                                                                   \
    "sxtb16 r1, r1\n\t"                                                                            \
    "smlad r11, r5, r12, r11\n\t"                                                                  \
    "smlad r9, r5, r1, r9\n\t"                                                                     \
    "sxtb16 r12, r2, ror #8\n\t"                                                                   \
    "sxtb16 r2, r2\n\t"                                                                            \
    "smlad r11, r6, r12, r11\n\t"                                                                  \
    "smlad r9, r6, r2, r9\n\t"                                                                     \
    "sxtb16 r12, r3, ror #8\n\t"                                                                   \
    "sxtb16 r3, r3\n\t"                                                                            \
    "smlad r11, r7, r12, r11\n\t"                                                                  \
    "smlad r9, r7, r3, r9\n\t"                                                                     \
    "sxtb16 r12, r4, ror #8\n\t"                                                                   \
    "sxtb16 r4, r4\n\t"                                                                            \
    "smlad r11, r8, r12, r11\n\t"                                                                  \
    "smlad r9, r8, r4, r9\n\t"

/* Requantizes r5 to r8 with the factors of one channel, r9 to r12 with the other's. */
#define TE_CONV_UP_4(bits)                                                                         \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    "lsl r5, r5, r3\n\t"                                                                           \
    "lsl r6, r6, r3\n\t"                                                                           \
    "lsl r7, r7, r3\n\t"                                                                           \
    "lsl r8, r8, r3\n\t"                                                                           \
    "smmla r5, r5, r1, r2\n\t"                                                                     \
    "smmla r6, r6, r1, r2\n\t"                                                                     \
    "smmla r7, r7, r1, r2\n\t"                                                                     \
    "smmla r8, r8, r1, r2\n\t"                                                                     \
    "ssat r5, #8, r5, asr #" bits "\n\t"                                                           \
    "ssat r6, #8, r6, asr #" bits "\n\t"                                                           \
    "ssat r7, #8, r7, asr #" bits "\n\t"                                                           \
    "ssat r8, #8, r8, asr #" bits "\n\t"                                                           \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    "lsl r9, r9, r3\n\t"                                                                           \
    "lsl r10, r10, r3\n\t"                                                                         \
    "lsl r11, r11, r3\n\t"                                                                         \
    "lsl r12, r12, r3\n\t"                                                                         \
    "smmla r9, r9, r1, r2\n\t"                                                                     \
    "smmla r10, r10, r1, r2\n\t"                                                                   \
    "smmla r11, r11, r1, r2\n\t"                                                                   \
    "smmla r12, r12, r1, r2\n\t"                                                                   \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r10, #8, r10, asr #" bits "\n\t"                                                         \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "ssat r12, #8, r12, asr #" bits "\n\t"

/* clang-format off */
#define TE_CONV_REQUANTIZE_4                                                                       \
    "7: " TE_CONV_UP_4("13") "b 8f\n\t"                                                            \
    "5: ldm r0!, {r1-r3}\n\t"                                                                      \
    "lsl r4, r5, #1\n\t"                                                                           \
    "lsl lr, r6, #1\n\t"                                                                           \
    TE_CONV_SIGNED_PAIR("r5", "r6", "r4", "lr")                                                    \
    "lsl r4, r7, #1\n\t"                                                                           \
    "lsl lr, r8, #1\n\t"                                                                           \
    TE_CONV_SIGNED_PAIR("r7", "r8", "r4", "lr")                                                    \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    "lsl r4, r9, #1\n\t"                                                                           \
    "lsl lr, r10, #1\n\t"                                                                          \
    TE_CONV_SIGNED_PAIR("r9", "r10", "r4", "lr")                                                   \
    "lsl r4, r11, #1\n\t"                                                                          \
    "lsl lr, r12, #1\n\t"                                                                          \
    TE_CONV_SIGNED_PAIR("r11", "r12", "r4", "lr")                                                  \
    "b 8f\n\t"                                                                                     \
    "6: " TE_CONV_UP_4("10")
/* clang-format on */

/* Requantizes r9, r10 with the factors of one channel, r11, r12 with the other's. */
#define TE_CONV_UP_2(bits)                                                                         \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    "lsl r9, r9, r3\n\t"                                                                           \
    "lsl r10, r10, r3\n\t"                                                                         \
    "smmla r9, r9, r1, r2\n\t"                                                                     \
    "smmla r10, r10, r1, r2\n\t"                                                                   \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r10, #8, r10, asr #" bits "\n\t"                                                         \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    "lsl r11, r11, r3\n\t"                                                                         \
    "lsl r12, r12, r3\n\t"                                                                         \
    "smmla r11, r11, r1, r2\n\t"                                                                   \
    "smmla r12, r12, r1, r2\n\t"                                                                   \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "ssat r12, #8, r12, asr #" bits "\n\t"

/* clang-format off */
#define TE_CONV_REQUANTIZE_2                                                                       \
    "7: " TE_CONV_UP_2("13") "b 8f\n\t"                                                            \
    "5: ldm r0!, {r1-r3}\n\t"                                                                      \
    "lsl r4, r9, #1\n\t"                                                                           \
    "lsl lr, r10, #1\n\t"                                                                          \
    TE_CONV_SIGNED_PAIR("r9", "r10", "r4", "lr")                                                   \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    "lsl r4, r11, #1\n\t"                                                                          \
    "lsl lr, r12, #1\n\t"                                                                          \
    TE_CONV_SIGNED_PAIR("r11", "r12", "r4", "lr")                                                  \
    "b 8f\n\t"                                                                                     \
    "6: " TE_CONV_UP_2("10")
/* clang-format on */

/* Requantizes r9 with the factors of one channel, r11 with the other's. */
#define TE_CONV_UP_1(bits)                                                                         \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    "lsl r9, r9, r3\n\t"                                                                           \
    "smmla r9, r9, r1, r2\n\t"                                                                     \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    "lsl r11, r11, r3\n\t"                                                                         \
    "smmla r11, r11, r1, r2\n\t"                                                                   \
    "ssat r11, #8, r11, asr #" bits "\n\t"

/* clang-format off */
#define TE_CONV_REQUANTIZE_1                                                                       \
    "7: " TE_CONV_UP_1("13") "b 8f\n\t"                                                            \
    "5: ldm r0!, {r1-r3, r5-r7}\n\t"                                                               \
    "lsl r4, r9, #1\n\t"                                                                           \
    "lsl lr, r11, #1\n\t"                                                                          \
    "smmlar r4, r4, r1, r2\n\t"                                                                    \
    "smmlar lr, lr, r5, r6\n\t"                                                                    \
    "add r9, r4, r9, asr #31\n\t"                                                                  \
    "add r11, lr, r11, asr #31\n\t"                                                                \
    "asr r9, r9, r3\n\t"                                                                           \
    "asr r11, r11, r7\n\t"                                                                         \
    "ssat r9, #8, r9\n\t"                                                                          \
    "ssat r11, #8, r11\n\t"                                                                        \
    "b 8f\n\t"                                                                                     \
    "6: " TE_CONV_UP_1("10")
/* clang-format on */

TE_NAKED static void te_conv_dot_4_w8(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_4(TE_CONV_WEIGHTS_1, "52", TE_CONV_REQUANTIZE_4));
}

TE_NAKED static void te_conv_dot_2_w8(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_2(TE_CONV_WEIGHTS_2, TE_CONV_WEIGHTS_1, "28", TE_CONV_REQUANTIZE_2));
}

TE_NAKED static void te_conv_dot_1_w8(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_1(TE_CONV_QUAD, "18", TE_CONV_WEIGHTS_1, "24", TE_CONV_REQUANTIZE_1));
}

#else

static inline void te_conv_dot_4_w8(const te_conv_block *block)
{
    te_conv_dot_twin(block, 4, 1);
}

static inline void te_conv_dot_2_w8(const te_conv_block *block)
{
    te_conv_dot_twin(block, 2, 1);
}

static inline void te_conv_dot_1_w8(const te_conv_block *block)
{
    te_conv_dot_twin(block, 1, 1);
}

#endif

#endif
