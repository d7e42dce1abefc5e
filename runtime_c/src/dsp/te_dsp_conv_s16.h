/* Dot products of convolutions of int16, for 4, 2 and 1 pixels, with weights expanded to int16.
 *
 * A record of channels a and b is: their biases; their weights, two words for a pair of taps, that
 * of a first; the factors of a, of b. The output is the sum times the factor in the high word,
 * rounded, saturated to 16 bits, for TE_CONV_UP_LESS to [0, 32767].
 *
 * The loops are those of int16 weights for int8, whose inputs are expanded to what these are.
 */
#ifndef TE_DSP_CONV_S16_H
#define TE_DSP_CONV_S16_H

#define TE_CONV_STR "strh"
#include "te_dsp_conv_asm.h"
#include "te_requantize.h"

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

/* Loads the factors of a and b, and goes to where outputs are saturated. */
#define TE_CONV_FACTORS "ldrd r1, r2, [r0], #8\n\tldr r3, " TE_CONV_AT(ROUNDING) "\n\t"
#define TE_CONV_SATURATE(sum) "ssat " sum ", #16, " sum "\n\t"
#define TE_CONV_SATURATE_UP(sum) "usat " sum ", #15, " sum "\n\t"

/* clang-format off */
#define TE_CONV_EACH_4(apply)                                                                      \
    apply("r5") apply("r6") apply("r7") apply("r8")                                                \
    apply("r9") apply("r10") apply("r11") apply("r12")
#define TE_CONV_EACH_2(apply) apply("r9") apply("r10") apply("r11") apply("r12")
#define TE_CONV_EACH_1(apply) apply("r9") apply("r11")

#define TE_CONV_REQUANTIZE_4                                                                       \
    TE_CONV_FACTORS                                                                                \
    "smmulr r5, r5, r1\n\t"                                                                        \
    "smmulr r6, r6, r1\n\t"                                                                        \
    "smmulr r7, r7, r1\n\t"                                                                        \
    "smmulr r8, r8, r1\n\t"                                                                        \
    "smmulr r9, r9, r2\n\t"                                                                        \
    "smmulr r10, r10, r2\n\t"                                                                      \
    "smmulr r11, r11, r2\n\t"                                                                      \
    "smmulr r12, r12, r2\n\t"                                                                      \
    "ldr pc, [sp, r3]\n\t"                                                                         \
    "5: " TE_CONV_EACH_4(TE_CONV_SATURATE) "b 8f\n\t"                                              \
    "6: 7: " TE_CONV_EACH_4(TE_CONV_SATURATE_UP)

#define TE_CONV_REQUANTIZE_2                                                                       \
    TE_CONV_FACTORS                                                                                \
    "smmulr r9, r9, r1\n\t"                                                                        \
    "smmulr r10, r10, r1\n\t"                                                                      \
    "smmulr r11, r11, r2\n\t"                                                                      \
    "smmulr r12, r12, r2\n\t"                                                                      \
    "ldr pc, [sp, r3]\n\t"                                                                         \
    "5: " TE_CONV_EACH_2(TE_CONV_SATURATE) "b 8f\n\t"                                              \
    "6: 7: " TE_CONV_EACH_2(TE_CONV_SATURATE_UP)

#define TE_CONV_REQUANTIZE_1                                                                       \
    TE_CONV_FACTORS                                                                                \
    "smmulr r9, r9, r1\n\t"                                                                        \
    "smmulr r11, r11, r2\n\t"                                                                      \
    "ldr pc, [sp, r3]\n\t"                                                                         \
    "5: " TE_CONV_EACH_1(TE_CONV_SATURATE) "b 8f\n\t"                                              \
    "6: 7: " TE_CONV_EACH_1(TE_CONV_SATURATE_UP)
/* clang-format on */

TE_NAKED static void te_conv_dot_4_s16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_4(TE_CONV_REQUANTIZE_4 TE_CONV_STORE_4 TE_CONV_NEXT));
}

TE_NAKED static void te_conv_dot_2_s16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_2(TE_CONV_START_2, TE_CONV_WEIGHTS_2, TE_CONV_WEIGHTS_1, "20",
                          TE_CONV_REQUANTIZE_2));
}

TE_NAKED static void te_conv_dot_1_s16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_1(TE_CONV_START_2, TE_CONV_QUAD, "11", TE_CONV_WEIGHTS_1, "16",
                          TE_CONV_REQUANTIZE_1));
}

#else

/* Does what the assembly does. */
static inline void te_conv_dot_s16(const te_conv_block *block, int32_t group)
{
    const int32_t low = block->rounding == TE_CONV_SIGNED ? INT16_MIN : 0;
    const int32_t *record = block->weight;
    int8_t *out = block->out;
    while (record != block->weight_end) {
        const int32_t *const factors = record + 2 + 2 * block->pairs;
        for (int32_t channel = 0; channel < 2; channel++) {
            for (int32_t pixel = 0; pixel < group; pixel++) {
                int32_t sum = record[channel];
                for (int32_t i = 0; i < block->pairs; i++) {
                    const int32_t weight = record[2 + 2 * i + channel];
                    sum = te_smlad(block->x[i * group + pixel], weight, sum);
                }
                const int32_t value = te_multiply_high_rounded(sum, factors[channel], 0);
                *(int16_t *)(void *)(out + pixel * block->pixel_step) =
                    (int16_t)te_clamp(value, low, INT16_MAX);
            }
            out += block->channel_step;
        }
        record = factors + 2;
    }
}

static inline void te_conv_dot_4_s16(const te_conv_block *block)
{
    te_conv_dot_s16(block, 4);
}

static inline void te_conv_dot_2_s16(const te_conv_block *block)
{
    te_conv_dot_s16(block, 2);
}

static inline void te_conv_dot_1_s16(const te_conv_block *block)
{
    te_conv_dot_s16(block, 1);
}

#endif

#endif
