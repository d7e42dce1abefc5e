/* Pieces of assembly that the dot products of convolutions are made of, and their portable twin.
 *
 * Every dot product is a function of a te_conv_block that loops over the channels, two at a time:
 *
 *     4: load biases; jump into the middle of 1, so that no taps are left over
 *     1: multiply, unrolled; 2: until x_end
 *     5, 6, 7: requantize, by `rounding`; 8: store; until weight_end
 *
 * r0 walks over the weights and lr over x. Registers hold no more, so the rest stands in a frame:
 *
 *     sp + 0 out, 4 pixel_step, 8 pixel_step_3, 12 channel_step, 16 x, 20 x_end,
 *     24 where to enter, 28 weight_end, 32 where to requantize, 36 where to enter after that
 */
#ifndef TE_DSP_CONV_ASM_H
#define TE_DSP_CONV_ASM_H

#include "te_dsp_conv.h"

#if TE_HAS_DSP

/* A function that is all assembly: no code before and after it, arguments in r0 to r3. */
#define TE_NAKED __attribute__((naked, noinline))

/* Gives r0 to r9 the members of the block; r9 becomes the address where to requantize. */
#define TE_CONV_ENTER                                                                              \
    "push {r4-r11, lr}\n\t"                                                                        \
    "ldm r0, {r0-r9}\n\t"                                                                          \
    "cmp r9, #1\n\t"                                                                               \
    "adr.w r9, 5f\n\t"                                                                             \
    "it eq\n\t"                                                                                    \
    "adreq.w r9, 6f\n\t"                                                                           \
    "it gt\n\t"                                                                                    \
    "adrgt.w r9, 7f\n\t"                                                                           \
    "orr r9, r9, #1\n\t"

/* From here on, for every two channels, until the records end. */
#define TE_CONV_NEXT                                                                               \
    "ldr r1, [sp, #28]\n\t"                                                                        \
    "cmp r0, r1\n\t"                                                                               \
    "bne.w 4b\n\t"                                                                                 \
    "add sp, sp, #40\n\t"                                                                          \
    "pop {r4-r11, pc}\n\t"

/* te_requantize_folded and te_saturate8 of two doubled sums: multiplier r1, offset r2, shift r3. */
#define TE_CONV_SIGNED_PAIR(first, second)                                                         \
    "smmlar r4, " first ", r1, r2\n\t"                                                             \
    "smmlar lr, " second ", r1, r2\n\t"                                                            \
    "add " first ", r4, " first ", asr #31\n\t"                                                    \
    "add " second ", lr, " second ", asr #31\n\t"                                                  \
    "asr " first ", " first ", r3\n\t"                                                             \
    "asr " second ", " second ", r3\n\t"                                                           \
    "ssat " first ", #8, " first "\n\t"                                                            \
    "ssat " second ", #8, " second "\n\t"

/* The same of two sums. */
#define TE_CONV_SIGNED_PAIR_S8(first, second)                                                      \
    "lsl r4, " first ", #1\n\t"                                                                    \
    "lsl lr, " second ", #1\n\t" TE_CONV_SIGNED_PAIR_OF("r4", "lr", first, second)

#define TE_CONV_SIGNED_PAIR_OF(twice, twice_second, first, second)                                 \
    "smmlar " twice ", " twice ", r1, r2\n\t"                                                      \
    "smmlar " twice_second ", " twice_second ", r1, r2\n\t"                                        \
    "add " first ", " twice ", " first ", asr #31\n\t"                                             \
    "add " second ", " twice_second ", " second ", asr #31\n\t"                                    \
    "asr " first ", " first ", r3\n\t"                                                             \
    "asr " second ", " second ", r3\n\t"                                                           \
    "ssat " first ", #8, " first "\n\t"                                                            \
    "ssat " second ", #8, " second "\n\t"

/* Stores four pixels of two channels, r5 to r8 and r9 to r12, and goes two channels on. */
#define TE_CONV_STORE_4                                                                            \
    "8: ldm sp, {r1-r4}\n\t"                                                                       \
    "strb r5, [r1]\n\t"                                                                            \
    "strb r6, [r1, r2]\n\t"                                                                        \
    "strb r7, [r1, r2, lsl #1]\n\t"                                                                \
    "strb r8, [r1, r3]\n\t"                                                                        \
    "add r1, r1, r4\n\t"                                                                           \
    "strb r9, [r1]\n\t"                                                                            \
    "strb r10, [r1, r2]\n\t"                                                                       \
    "strb r11, [r1, r2, lsl #1]\n\t"                                                               \
    "strb r12, [r1, r3]\n\t"                                                                       \
    "add r1, r1, r4\n\t"                                                                           \
    "str r1, [sp]\n\t"

/* Stores two pixels of two channels, r9, r10 and r11, r12. */
#define TE_CONV_STORE_2                                                                            \
    "8: ldm sp, {r1-r4}\n\t"                                                                       \
    "strb r9, [r1]\n\t"                                                                            \
    "strb r10, [r1, r2]\n\t"                                                                       \
    "add r1, r1, r4\n\t"                                                                           \
    "strb r11, [r1]\n\t"                                                                           \
    "strb r12, [r1, r2]\n\t"                                                                       \
    "add r1, r1, r4\n\t"                                                                           \
    "str r1, [sp]\n\t"

/* Stores one pixel of two channels, r9 and r11. */
#define TE_CONV_STORE_1                                                                            \
    "8: ldm sp, {r1-r4}\n\t"                                                                       \
    "strb r9, [r1]\n\t"                                                                            \
    "strb r11, [r1, r4]\n\t"                                                                       \
    "add r1, r1, r4, lsl #1\n\t"                                                                   \
    "str r1, [sp]\n\t"

#else

/* Output of a sum by the factors at `factors`; `is_s8` tells the records of int8 weights. */
static inline int8_t te_conv_output(int32_t sum, const int32_t *factors, int32_t rounding,
                                    int32_t is_s8)
{
    const int32_t bits = rounding == TE_CONV_UP_10 ? 10 : 12;
    if (rounding != TE_CONV_SIGNED) {
        const int32_t scaled = is_s8 ? (int32_t)((uint32_t)sum << factors[2]) : sum;
        return (int8_t)te_saturate8(te_multiply_high(scaled, factors[0], factors[1]) >> bits);
    }
    const int32_t twice = is_s8 ? (int32_t)((uint32_t)sum << 1) : sum;
    const int32_t product = te_multiply_high_rounded(twice, factors[0], factors[1]);
    return (int8_t)te_saturate8((product + (sum >> 31)) >> factors[2]);
}

/* Weights of taps pair `i` of channel 0 or 1 of a record, as a pair. */
static inline int32_t te_conv_weights(const int32_t *weights, int32_t i, int32_t channel,
                                      int32_t is_s8)
{
    if (is_s8) {
        return channel ? te_sxtb16_ror8(weights[i]) : te_sxtb16(weights[i]);
    }
    return weights[2 * i + channel];
}

/* Does what the assembly does. */
static inline void te_conv_dot_twin(const te_conv_block *block, int32_t group, int32_t is_s8)
{
    const int32_t factor_words = is_s8 || block->rounding == TE_CONV_SIGNED ? 3 : 2;
    const int32_t *record = block->weight;
    int8_t *out = block->out;
    while (record != block->weight_end) {
        const int32_t *const weights = record + 2;
        const int32_t *const factors = weights + (is_s8 ? 1 : 2) * block->pairs;
        for (int32_t channel = 0; channel < 2; channel++) {
            for (int32_t pixel = 0; pixel < group; pixel++) {
                int32_t sum = record[channel];
                for (int32_t i = 0; i < block->pairs; i++) {
                    const int32_t weight = te_conv_weights(weights, i, channel, is_s8);
                    sum = te_smlad(block->x[i * group + pixel], weight, sum);
                }
                out[pixel * block->pixel_step] =
                    te_conv_output(sum, factors + channel * factor_words, block->rounding, is_s8);
            }
            out += block->channel_step;
        }
        record = factors + 2 * factor_words;
    }
}

#endif

#endif
