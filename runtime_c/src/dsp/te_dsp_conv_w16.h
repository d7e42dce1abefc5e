/* Dot products of convolutions with int16 weights, for 4, 2 and 1 pixels.
 *
 * A record of channels a and b is: their biases; their weights, two words for a pair of taps, that
 * of a first; the rounding; the factors of a, of b. Biases and weights are scaled by a power of two
 * per channel: by 2 for TE_CONV_SIGNED, else such that the output is 10 or 13 bits up in the high
 * word of sum * multiplier. The factors of a channel are multiplier, offset and, for
 * TE_CONV_SIGNED, shift.
 *
 * The loops, which depend on how many instructions a core issues at a time, are in a header of
 * their own.
 */
#ifndef TE_DSP_CONV_W16_H
#define TE_DSP_CONV_W16_H

#include "te_dsp_conv_asm.h"

#if TE_HAS_DSP

#define TE_CONV_START_2 "ldm r0!, {r9, r11}\n\t"
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

/* Goes to where the record is requantized. */
#define TE_CONV_GO_TO_ROUNDING                                                                     \
    "ldr r1, [r0], #4\n\t"                                                                         \
    "ldr pc, [sp, r1]\n\t"

/* te_requantize_folded and te_saturate8 of two sums, whose doubles are in `twice` and `twice_2`:
 * multiplier r1, offset r2, shift r3. r4 and lr are free.
 */
#define TE_CONV_SIGNED_PAIR(sum, sum_2, twice, twice_2)                                            \
    "smmlar r4, " twice ", r1, r2\n\t"                                                             \
    "smmlar lr, " twice_2 ", r1, r2\n\t"                                                           \
    "add " sum ", r4, " sum ", asr #31\n\t"                                                        \
    "add " sum_2 ", lr, " sum_2 ", asr #31\n\t"                                                    \
    "asr " sum ", " sum ", r3\n\t"                                                                 \
    "asr " sum_2 ", " sum_2 ", r3\n\t"                                                             \
    "ssat " sum ", #8, " sum "\n\t"                                                                \
    "ssat " sum_2 ", #8, " sum_2 "\n\t"

/* clang-format off */
#define TE_CONV_SIGNED_4                                                                           \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    TE_CONV_SIGNED_PAIR("r5", "r6", "r5", "r6")                                                    \
    TE_CONV_SIGNED_PAIR("r7", "r8", "r7", "r8")                                                    \
    "ldm r0!, {r1-r3}\n\t"                                                                         \
    TE_CONV_SIGNED_PAIR("r9", "r10", "r9", "r10")                                                  \
    TE_CONV_SIGNED_PAIR("r11", "r12", "r11", "r12")
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
    TE_CONV_GO_TO_ROUNDING                                                                         \
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
    TE_CONV_GO_TO_ROUNDING                                                                         \
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

#include "te_dsp_conv_w16_loops.h"

#else

/* Output of a sum by the factors of its channel. */
static inline int8_t te_conv_output_w16(int32_t sum, const int32_t *factors, int32_t rounding)
{
    const int32_t bits = rounding == TE_CONV_UP_LESS ? 10 : 13;
    if (rounding != TE_CONV_SIGNED) {
        return (int8_t)te_saturate8(te_multiply_high(sum, factors[0], factors[1]) >> bits);
    }
    const int32_t product = te_multiply_high_rounded(sum, factors[0], factors[1]);
    return (int8_t)te_saturate8((product + (sum >> 31)) >> factors[2]);
}

/* Does what the assembly does. */
static inline void te_conv_dot_w16(const te_conv_block *block, int32_t group)
{
    const int32_t *record = block->weight;
    int8_t *out = block->out;
    while (record != block->weight_end) {
        const int32_t *const rounding = record + 2 + 2 * block->pairs;
        const int32_t *const factors = rounding + 1;
        const int32_t factor_words = *rounding == TE_CONV_SIGNED ? 3 : 2;
        for (int32_t channel = 0; channel < 2; channel++) {
            for (int32_t pixel = 0; pixel < group; pixel++) {
                int32_t sum = record[channel];
                for (int32_t i = 0; i < block->pairs; i++) {
                    const int32_t weight = record[2 + 2 * i + channel];
                    sum = te_smlad(block->x[i * group + pixel], weight, sum);
                }
                out[pixel * block->pixel_step] =
                    te_conv_output_w16(sum, factors + channel * factor_words, *rounding);
            }
            out += block->channel_step;
        }
        record = factors + 2 * factor_words;
    }
}

static inline void te_conv_dot_4_w16(const te_conv_block *block)
{
    te_conv_dot_w16(block, 4);
}

static inline void te_conv_dot_2_w16(const te_conv_block *block)
{
    te_conv_dot_w16(block, 2);
}

static inline void te_conv_dot_1_w16(const te_conv_block *block)
{
    te_conv_dot_w16(block, 1);
}

#endif

#endif
