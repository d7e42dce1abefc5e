/* Pieces of assembly that the dot products of convolutions are made of, and their portable twin.
 *
 * Every dot product is a function of a te_conv_block that loops over the channels, two at a time:
 *
 *     4: load biases; jump into the middle of 1, so that no taps are left over
 *     1: multiply, unrolled; 2: until x_end
 *     5, 6, 7: requantize, as the record says; 8: store; until weight_end
 *
 * r0 walks over the weights and lr over x. Registers hold no more, so the rest stands in a frame:
 *
 *     sp + 0 out, 4 pixel_step, 8 pixel_step_3, 12 channel_step, 16 x, 20 x_end, 24 where to enter,
 *     28 weight_end, 32, 36, 40 where to requantize, 44 where to enter after that
 */
#ifndef TE_DSP_CONV_ASM_H
#define TE_DSP_CONV_ASM_H

#include "te_dsp_conv.h"

#if TE_HAS_DSP

/* Gives r0 to r8 the members of the block. */
#define TE_CONV_ENTER                                                                              \
    "push {r4-r11, lr}\n\t"                                                                        \
    "ldm r0, {r0-r8}\n\t"

/* Makes the frame. r7 is where to enter, r12 where after that. */
#define TE_CONV_FRAME                                                                              \
    "adr.w r9, 5f + 1\n\t"                                                                         \
    "adr.w r10, 6f + 1\n\t"                                                                        \
    "adr.w r11, 7f + 1\n\t"                                                                        \
    "push {r1-r12}\n\t"

/* From here on, for every two channels, until the records end. */
#define TE_CONV_NEXT                                                                               \
    "ldr r1, [sp, #28]\n\t"                                                                        \
    "cmp r0, r1\n\t"                                                                               \
    "bne.w 4b\n\t"                                                                                 \
    "add sp, sp, #48\n\t"                                                                          \
    "pop {r4-r11, pc}\n\t"

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

/* clang-format off */

/* Four pixels: sums of a in r5 to r8, of b in r9 to r12; weights in r1, r2; two pixels at a time in
 * r3, r4. The first pair of taps starts from the biases in r5 and r9. `weights` loads a pair of
 * taps of both channels; `bytes` are the code bytes of the 10 instructions here and of `weights`;
 * `requantize` has the labels 5 to 7.
 */
#define TE_CONV_DOT_4(weights, bytes, requantize)                                                  \
    TE_CONV_ENTER                                                                                  \
    /* Enter so many bytes before 2 for every pair that the unrolled loop does not divide. */      \
    "sub r10, r7, #1\n\t"                                                                          \
    "and r10, r10, #7\n\t"                                                                         \
    "mov r11, #" bytes "\n\t"                                                                      \
    "adr.w r7, 2f + 1\n\t"                                                                         \
    "mls r7, r10, r11, r7\n\t"                                                                     \
    TE_CONV_FRAME                                                                                  \
    "4: ldm r0!, {r5, r9}\n\t"                                                                     \
    "ldr lr, [sp, #16]\n\t"                                                                        \
    weights                                                                                        \
    "ldrd r3, r4, [lr, #8]\n\t"                                                                    \
    "smlad r7, r3, r1, r5\n\t"                                                                     \
    "smlad r11, r3, r2, r9\n\t"                                                                    \
    "smlad r8, r4, r1, r5\n\t"                                                                     \
    "smlad r12, r4, r2, r9\n\t"                                                                    \
    "ldrd r3, r4, [lr], #16\n\t"                                                                   \
    "smlad r6, r4, r1, r5\n\t"                                                                     \
    "smlad r10, r4, r2, r9\n\t"                                                                    \
    "smlad r5, r3, r1, r5\n\t"                                                                     \
    "smlad r9, r3, r2, r9\n\t"                                                                     \
    "ldr pc, [sp, #24]\n\t"                                                                        \
    ".balign 4\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 8\n\t"                                                                                  \
    weights                                                                                        \
    "ldrd r3, r4, [lr], #8\n\t"                                                                    \
    "smlad r5, r3, r1, r5\n\t"                                                                     \
    "smlad r9, r3, r2, r9\n\t"                                                                     \
    "smlad r6, r4, r1, r6\n\t"                                                                     \
    "smlad r10, r4, r2, r10\n\t"                                                                   \
    "ldrd r3, r4, [lr], #8\n\t"                                                                    \
    "smlad r7, r3, r1, r7\n\t"                                                                     \
    "smlad r11, r3, r2, r11\n\t"                                                                   \
    "smlad r8, r4, r1, r8\n\t"                                                                     \
    "smlad r12, r4, r2, r12\n\t"                                                                   \
    ".endr\n\t"                                                                                    \
    "2: ldr r1, [sp, #20]\n\t"                                                                     \
    "cmp lr, r1\n\t"                                                                               \
    "bne 1b\n\t"                                                                                   \
    "ldr r1, [r0], #4\n\t"                                                                         \
    "ldr pc, [sp, r1]\n\t"                                                                         \
    requantize                                                                                     \
    TE_CONV_STORE_4                                                                                \
    TE_CONV_NEXT

/* Enters the unrolled loop of two pairs of taps at a time, `unrolled` pairs in all and `bytes` of
 * code per pair; before it, where the pairs are odd, label 3 for one of them.
 */
#define TE_CONV_ENTER_PAIRS(unrolled, bytes)                                                       \
    TE_CONV_ENTER                                                                                  \
    "and r11, r7, #" unrolled " - 2\n\t"                                                           \
    "mov r10, #" bytes "\n\t"                                                                      \
    "adr.w r12, 2f + 1\n\t"                                                                        \
    "mls r12, r11, r10, r12\n\t"                                                                   \
    "tst r7, #1\n\t"                                                                               \
    "adr.w r7, 3f + 1\n\t"                                                                         \
    "it eq\n\t"                                                                                    \
    "moveq r7, r12\n\t"                                                                            \
    TE_CONV_FRAME

/* Two pixels: sums of a in r9, r10, of b in r11, r12; weights of two pairs of taps in r1 to r4, the
 * pixels' in r5 to r8. `weights` loads two pairs of taps, `odd` one; `bytes` are half the code
 * bytes of the 9 instructions here and of `weights`.
 */
#define TE_CONV_DOT_2(weights, odd, bytes, requantize)                                             \
    TE_CONV_ENTER_PAIRS("8", bytes)                                                                \
    "4: ldm r0!, {r9, r11}\n\t"                                                                    \
    "ldr lr, [sp, #16]\n\t"                                                                        \
    "mov r10, r9\n\t"                                                                              \
    "mov r12, r11\n\t"                                                                             \
    "ldr pc, [sp, #24]\n\t"                                                                        \
    "3: " odd                                                                                      \
    "ldrd r5, r6, [lr], #8\n\t"                                                                    \
    "smlad r9, r5, r1, r9\n\t"                                                                     \
    "smlad r11, r5, r2, r11\n\t"                                                                   \
    "smlad r10, r6, r1, r10\n\t"                                                                   \
    "smlad r12, r6, r2, r12\n\t"                                                                   \
    "ldr pc, [sp, #44]\n\t"                                                                        \
    ".balign 4\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 4\n\t"                                                                                  \
    weights                                                                                        \
    "ldm.w lr!, {r5-r8}\n\t"                                                                       \
    "smlad r9, r5, r1, r9\n\t"                                                                     \
    "smlad r11, r5, r2, r11\n\t"                                                                   \
    "smlad r10, r6, r1, r10\n\t"                                                                   \
    "smlad r12, r6, r2, r12\n\t"                                                                   \
    "smlad r9, r7, r3, r9\n\t"                                                                     \
    "smlad r11, r7, r4, r11\n\t"                                                                   \
    "smlad r10, r8, r3, r10\n\t"                                                                   \
    "smlad r12, r8, r4, r12\n\t"                                                                   \
    ".endr\n\t"                                                                                    \
    "2: ldr r1, [sp, #20]\n\t"                                                                     \
    "cmp lr, r1\n\t"                                                                               \
    "bne 1b\n\t"                                                                                   \
    "ldr r1, [r0], #4\n\t"                                                                         \
    "ldr pc, [sp, r1]\n\t"                                                                         \
    requantize                                                                                     \
    TE_CONV_STORE_2                                                                                \
    TE_CONV_NEXT

/* One pixel: sums in r9 and r11; the pixel's four pairs of taps in r5 to r8; x_end in r10. `quad`
 * multiplies four pairs of taps, `bytes` are a quarter of its code; `weights` loads one pair of
 * taps to r1, r2, of whose loop `weights_bytes` are the code bytes of a pair. What four does not
 * divide comes first, at 3.
 */
#define TE_CONV_DOT_1(quad, bytes, weights, weights_bytes, requantize)                             \
    TE_CONV_ENTER                                                                                  \
    "and r11, r7, #12\n\t"                                                                         \
    "mov r10, #" bytes "\n\t"                                                                      \
    "adr.w r12, 2f + 1\n\t"                                                                        \
    "mls r12, r11, r10, r12\n\t"                                                                   \
    "and r11, r7, #3\n\t"                                                                          \
    "mov r10, #" weights_bytes "\n\t"                                                              \
    "adr.w r7, 3f + 1\n\t"                                                                         \
    "mls r7, r11, r10, r7\n\t"                                                                     \
    TE_CONV_FRAME                                                                                  \
    "mov r10, r6\n\t"                                                                              \
    "4: ldm r0!, {r9, r11}\n\t"                                                                    \
    "ldr lr, [sp, #16]\n\t"                                                                        \
    "ldr pc, [sp, #24]\n\t"                                                                        \
    ".balign 4\n\t"                                                                                \
    ".rept 3\n\t"                                                                                  \
    weights                                                                                        \
    "ldr r5, [lr], #4\n\t"                                                                         \
    "smlad r9, r5, r1, r9\n\t"                                                                     \
    "smlad r11, r5, r2, r11\n\t"                                                                   \
    ".endr\n\t"                                                                                    \
    "3: ldr pc, [sp, #44]\n\t"                                                                     \
    ".balign 4\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 4\n\t"                                                                                  \
    quad                                                                                           \
    ".endr\n\t"                                                                                    \
    "2: cmp lr, r10\n\t"                                                                           \
    "bne 1b\n\t"                                                                                   \
    "ldr r1, [r0], #4\n\t"                                                                         \
    "ldr pc, [sp, r1]\n\t"                                                                         \
    requantize                                                                                     \
    TE_CONV_STORE_1                                                                                \
    TE_CONV_NEXT

/* clang-format on */

#else

/* Output of a sum by the factors at `factors`; `is_s8` tells the records of int8 weights. */
static inline int8_t te_conv_output(int32_t sum, const int32_t *factors, int32_t rounding,
                                    int32_t is_s8)
{
    const int32_t bits = rounding == TE_CONV_UP_10 ? 10 : 13;
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
    const int32_t *record = block->weight;
    int8_t *out = block->out;
    while (record != block->weight_end) {
        const int32_t *const weights = record + 2;
        const int32_t *const rounding = weights + (is_s8 ? 1 : 2) * block->pairs;
        const int32_t *const factors = rounding + 1;
        const int32_t factor_words = is_s8 || *rounding == TE_CONV_SIGNED ? 3 : 2;
        for (int32_t channel = 0; channel < 2; channel++) {
            for (int32_t pixel = 0; pixel < group; pixel++) {
                int32_t sum = record[channel];
                for (int32_t i = 0; i < block->pairs; i++) {
                    const int32_t weight = te_conv_weights(weights, i, channel, is_s8);
                    sum = te_smlad(block->x[i * group + pixel], weight, sum);
                }
                out[pixel * block->pixel_step] =
                    te_conv_output(sum, factors + channel * factor_words, *rounding, is_s8);
            }
            out += block->channel_step;
        }
        record = factors + 2 * factor_words;
    }
}

#endif

#endif
