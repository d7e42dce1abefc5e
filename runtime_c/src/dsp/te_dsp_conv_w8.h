/* Dot products of convolutions with int8 weights, for 4, 2 and 1 pixels.
 *
 * Half a word of weights is a + 256 * b for a tap of channels a and b: multiplied as it is, two taps
 * at a time, it gives (sum of a) + 256 * (sum of b). Its even bytes, extended, are the weights of a
 * alone, and give the sum of a. So two channels cost one extension, and their sums come scaled by
 * 256: that of b by the difference, that of a by a shift.
 *
 * A record of channels a and b is: the scaled bias of b; a word for every pair of taps; the scaled
 * bias of a; the multipliers of a and b. For TE_CONV_SIGNED the low byte of a scaled bias, which
 * would be 0, is the shift s of the channel, below 32. Biases are modulo 2^32, scaled sums with them
 * fit 32 bits. The output is the saturation of
 *     (offset + (sum * multiplier >> 32)) >> 8 or 12           for TE_CONV_UP_LESS and MORE;
 *     (offset * 2^s + round(sum * multiplier / 2^39) - (sum < 0)) >> (s + 1)  for TE_CONV_SIGNED.
 *
 * The loops, which depend on how many instructions a core issues at a time, are in a header of
 * their own.
 */
#ifndef TE_DSP_CONV_W8_H
#define TE_DSP_CONV_W8_H

#include "te_dsp_conv_asm.h"

#if TE_HAS_DSP

/* clang-format off */
#define TE_CONV_START_4                                                                            \
    "ldr r9, [r0], #4\n\t"                                                                         \
    "mov r5, #0\n\t"
#define TE_CONV_START_2                                                                            \
    "ldr r11, [r0], #4\n\t"                                                                        \
    "mov r9, #0\n\t"
#define TE_CONV_WEIGHTS_1                                                                          \
    "ldr r2, [r0], #4\n\t"                                                                         \
    "sxtb16 r1, r2\n\t"
#define TE_CONV_WEIGHTS_2                                                                          \
    "ldrd r2, r4, [r0], #8\n\t"                                                                    \
    "sxtb16 r1, r2\n\t"                                                                            \
    "sxtb16 r3, r4\n\t"

#define TE_CONV_QUAD                                                                               \
    "ldm.w lr!, {r5-r8}\n\t"                                                                       \
    "ldm.w r0!, {r1-r4}\n\t"                                                                       \
    "sxtb16 r12, r1\n\t"                                                                           \
    "smlad r11, r5, r1, r11\n\t"                                                                   \
    "smlad r9, r5, r12, r9\n\t"                                                                    \
    "sxtb16 r12, r2\n\t"                                                                           \
    "smlad r11, r6, r2, r11\n\t"                                                                   \
    "smlad r9, r6, r12, r9\n\t"                                                                    \
    "sxtb16 r12, r3\n\t"                                                                           \
    "smlad r11, r7, r3, r11\n\t"                                                                   \
    "smlad r9, r7, r12, r9\n\t"                                                                    \
    "sxtb16 r12, r4\n\t"                                                                           \
    "smlad r11, r8, r4, r11\n\t"                                                                   \
    "smlad r9, r8, r12, r9\n\t"

/* Goes to where all records are requantized. */
#define TE_CONV_GO_TO_ROUNDING                                                                     \
    "ldr r4, " TE_CONV_AT(ROUNDING) "\n\t"                                                         \
    "ldr pc, [sp, r4]\n\t"

/* Scales two sums of a, whose bias is in r1, and two of b. */
#define TE_CONV_SCALE(a, a_2, b, b_2)                                                              \
    "sub " b ", " b ", " a "\n\t"                                                                  \
    "sub " b_2 ", " b_2 ", " a_2 "\n\t"                                                            \
    "add " a ", r1, " a ", lsl #8\n\t"                                                             \
    "add " a_2 ", r1, " a_2 ", lsl #8\n\t"

/* Outputs of two scaled sums of a channel, TE_CONV_SIGNED: offset lr, shift in the low byte of r1.
 */
#define TE_CONV_SIGNED_PAIR(sum, sum_2, multiplier)                                                \
    "asr " sum ", " sum ", #7\n\t"                                                                 \
    "asr " sum_2 ", " sum_2 ", #7\n\t"                                                             \
    "smmlar r4, " sum ", " multiplier ", lr\n\t"                                                   \
    "add " sum ", r4, " sum ", asr #31\n\t"                                                        \
    "smmlar r4, " sum_2 ", " multiplier ", lr\n\t"                                                 \
    "asr " sum ", " sum ", r1\n\t"                                                                 \
    "add " sum_2 ", r4, " sum_2 ", asr #31\n\t"                                                    \
    "ssat " sum ", #8, " sum ", asr #1\n\t"                                                        \
    "asr " sum_2 ", " sum_2 ", r1\n\t"                                                             \
    "ssat " sum_2 ", #8, " sum_2 ", asr #1\n\t"

/* Gives lr the offset of the channel whose shift is in the low byte of r1. */
#define TE_CONV_SIGNED_OFFSET                                                                      \
    "ldr lr, " TE_CONV_AT(OFFSET) "\n\t"                                                           \
    "lsl lr, lr, r1\n\t"

/* Requantizes r5 to r8 of a, r9 to r12 of b. */
#define TE_CONV_UP_4(bits)                                                                         \
    "ldr r4, " TE_CONV_AT(OFFSET) "\n\t"                                                           \
    "smmla r5, r5, r2, r4\n\t"                                                                     \
    "smmla r6, r6, r2, r4\n\t"                                                                     \
    "smmla r7, r7, r2, r4\n\t"                                                                     \
    "smmla r8, r8, r2, r4\n\t"                                                                     \
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

#define TE_CONV_SIGNED_4                                                                           \
    TE_CONV_SIGNED_OFFSET                                                                          \
    TE_CONV_SIGNED_PAIR("r5", "r6", "r2")                                                          \
    TE_CONV_SIGNED_PAIR("r7", "r8", "r2")                                                          \
    "mov r1, r9\n\t"                                                                               \
    TE_CONV_SIGNED_OFFSET                                                                          \
    TE_CONV_SIGNED_PAIR("r9", "r10", "r3")                                                         \
    TE_CONV_SIGNED_PAIR("r11", "r12", "r3")

#define TE_CONV_REQUANTIZE_4                                                                       \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    TE_CONV_SCALE("r5", "r6", "r9", "r10")                                                         \
    TE_CONV_SCALE("r7", "r8", "r11", "r12")                                                        \
    TE_CONV_GO_TO_ROUNDING                                                                         \
    "7: " TE_CONV_UP_4("12") "b 8f\n\t"                                                            \
    "5: " TE_CONV_SIGNED_4                                                                         \
    "b 8f\n\t"                                                                                     \
    "6: " TE_CONV_UP_4("8")

/* Requantizes r9, r10 of a, r11, r12 of b. */
#define TE_CONV_UP_2(bits)                                                                         \
    "ldr r4, " TE_CONV_AT(OFFSET) "\n\t"                                                           \
    "smmla r9, r9, r2, r4\n\t"                                                                     \
    "smmla r10, r10, r2, r4\n\t"                                                                   \
    "smmla r11, r11, r3, r4\n\t"                                                                   \
    "smmla r12, r12, r3, r4\n\t"                                                                   \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r10, #8, r10, asr #" bits "\n\t"                                                         \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "ssat r12, #8, r12, asr #" bits "\n\t"

#define TE_CONV_SIGNED_2                                                                           \
    TE_CONV_SIGNED_OFFSET                                                                          \
    TE_CONV_SIGNED_PAIR("r9", "r10", "r2")                                                         \
    "mov r1, r11\n\t"                                                                              \
    TE_CONV_SIGNED_OFFSET                                                                          \
    TE_CONV_SIGNED_PAIR("r11", "r12", "r3")

#define TE_CONV_REQUANTIZE_2                                                                       \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    TE_CONV_SCALE("r9", "r10", "r11", "r12")                                                       \
    TE_CONV_GO_TO_ROUNDING                                                                         \
    "7: " TE_CONV_UP_2("12") "b 8f\n\t"                                                            \
    "5: " TE_CONV_SIGNED_2                                                                         \
    "b 8f\n\t"                                                                                     \
    "6: " TE_CONV_UP_2("8")

/* Requantizes r9 of a, r11 of b. */
#define TE_CONV_UP_1(bits)                                                                         \
    "ldr r4, " TE_CONV_AT(OFFSET) "\n\t"                                                           \
    "smmla r9, r9, r2, r4\n\t"                                                                     \
    "smmla r11, r11, r3, r4\n\t"                                                                   \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r11, #8, r11, asr #" bits "\n\t"

#define TE_CONV_SIGNED_1                                                                           \
    TE_CONV_SIGNED_OFFSET                                                                          \
    "asr r9, r9, #7\n\t"                                                                           \
    "smmlar r4, r9, r2, lr\n\t"                                                                    \
    "add r9, r4, r9, asr #31\n\t"                                                                  \
    "asr r9, r9, r1\n\t"                                                                           \
    "ssat r9, #8, r9, asr #1\n\t"                                                                  \
    "mov r1, r11\n\t"                                                                              \
    TE_CONV_SIGNED_OFFSET                                                                          \
    "asr r11, r11, #7\n\t"                                                                         \
    "smmlar r4, r11, r3, lr\n\t"                                                                   \
    "add r11, r4, r11, asr #31\n\t"                                                                \
    "asr r11, r11, r1\n\t"                                                                         \
    "ssat r11, #8, r11, asr #1\n\t"

#define TE_CONV_REQUANTIZE_1                                                                       \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    "sub r11, r11, r9\n\t"                                                                         \
    "add r9, r1, r9, lsl #8\n\t"                                                                   \
    TE_CONV_GO_TO_ROUNDING                                                                         \
    "7: " TE_CONV_UP_1("12") "b 8f\n\t"                                                            \
    "5: " TE_CONV_SIGNED_1                                                                         \
    "b 8f\n\t"                                                                                     \
    "6: " TE_CONV_UP_1("8")
/* clang-format on */

#include "te_dsp_conv_w8_loops.h"

#else

/* Output of a scaled sum. */
static inline int8_t te_conv_output_w8(const te_conv_block *block, int32_t sum, int32_t multiplier)
{
    if (block->rounding != TE_CONV_SIGNED) {
        const int32_t bits = block->rounding == TE_CONV_UP_LESS ? 8 : 12;
        return (int8_t)te_saturate8(te_multiply_high(sum, multiplier, block->offset) >> bits);
    }
    const int32_t shift = sum & 0xff;
    const int32_t offset = (int32_t)((uint32_t)block->offset << shift);
    const int32_t product = te_multiply_high_rounded(sum >> 7, multiplier, offset);
    return (int8_t)te_saturate8((product + (sum >> 31)) >> (shift + 1));
}

/* Does what the assembly does. */
static inline void te_conv_dot_w8(const te_conv_block *block, int32_t group)
{
    const int32_t *record = block->weight;
    int8_t *out = block->out;
    while (record != block->weight_end) {
        const int32_t *const weights = record + 1;
        const int32_t *const factors = weights + block->pairs;
        for (int32_t pixel = 0; pixel < group; pixel++) {
            int32_t a = 0;
            int32_t both = record[0];
            for (int32_t i = 0; i < block->pairs; i++) {
                const int32_t x = block->x[i * group + pixel];
                a = te_smlad(x, te_sxtb16(weights[i]), a);
                both = te_smlad(x, weights[i], both);
            }
            const int32_t b = (int32_t)((uint32_t)both - (uint32_t)a);
            a = (int32_t)((uint32_t)factors[0] + ((uint32_t)a << 8));
            int8_t *const to = out + pixel * block->pixel_step;
            to[0] = te_conv_output_w8(block, a, factors[1]);
            to[block->channel_step] = te_conv_output_w8(block, b, factors[2]);
        }
        out += 2 * block->channel_step;
        record = factors + 3;
    }
}

static inline void te_conv_dot_4_w8(const te_conv_block *block)
{
    te_conv_dot_w8(block, 4);
}

static inline void te_conv_dot_2_w8(const te_conv_block *block)
{
    te_conv_dot_w8(block, 2);
}

static inline void te_conv_dot_1_w8(const te_conv_block *block)
{
    te_conv_dot_w8(block, 1);
}

#endif

#endif
