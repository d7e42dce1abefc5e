/* Dot products of convolutions with int8 weights, for 4, 2 and 1 pixels.
 *
 * Half a word of weights is a + 256 * b for a tap of channels a and b: multiplied as it is, two taps
 * at a time, it gives (sum of a) + 256 * (sum of b). Its even bytes, extended, are the weights of a
 * alone, and give the sum of a. So two channels cost one extension, and their sums come scaled by
 * 256: that of b by the difference, that of a by a shift.
 *
 * A record has channels a, b and, in turns with them, c and d, which are like a and b: the scaled
 * biases of b and d; for every pair of taps a word of a and b and one of c and d; the scaled biases of
 * a and c; the multipliers of a and c, and of b and d. For TE_CONV_SIGNED the low byte of a scaled
 * bias, which would be 0, is the shift s of the channel, below 32. Biases are modulo 2^32, scaled sums
 * with them fit 32 bits. The output is the saturation of
 *     (offset + (sum * multiplier >> 32)) >> 8 or 12           for TE_CONV_UP_LESS and MORE;
 *     (offset * 2^s + round(sum * multiplier / 2^39) - (sum < 0)) >> (s + 1)  for TE_CONV_SIGNED.
 *
 * The loops, which depend on how many instructions a core issues at a time, are in a header of
 * their own: either all four channels of two pixels are computed at a time, or two channels of four.
 */
#ifndef TE_DSP_CONV_W8_H
#define TE_DSP_CONV_W8_H

#include "te_dsp_conv_asm.h"

#if TE_HAS_DSP

/* What r1 to r12 and lr are pushed as. The second round over the records, of the other pixels or of the
 * other channels, begins with its last members.
 */
typedef struct {
    int8_t *out;
    int32_t pixel_step;
    int32_t step; /* pixel_step_3, or pair_step */
    int32_t channel_step;
    const int32_t *x;
    const int32_t *x_end;
    uint32_t enter; /* the loop; where the block has `pairs` */
    const int32_t *weight_end;
    uint32_t requantize; /* where the block has `rounding` */
    int32_t offset;
    union {
        int32_t pixel_step_2;
        int8_t *out;
    } first;
    union {
        int32_t pixel_step;
        int8_t *out;
    } second;
    const int32_t *weight;
    uint32_t enter_next; /* the loop, after what it was entered for */
} te_conv_fours_frame;

#define TE_CONV_FOURS_REQUANTIZE 32
#define TE_CONV_FOURS_OFFSET 36
#define TE_CONV_FOURS_AGAIN 40
#define TE_CONV_FOURS_AGAIN_2 44
#define TE_CONV_FOURS_WEIGHT 48
#define TE_CONV_FOURS_ENTER_NEXT 52
#define TE_CONV_FOURS_NBYTES 56
#define TE_CONV_FOURS_AT(name) "[sp, #" TE_TEXT(TE_CONV_FOURS_##name) "]"
TE_HOLD(te_conv_fours_frame, out, TE_CONV_FRAME_OUT);
TE_HOLD(te_conv_fours_frame, pixel_step, TE_CONV_FRAME_PIXEL_STEP);
TE_HOLD(te_conv_fours_frame, step, TE_CONV_FRAME_PIXEL_STEP_3);
TE_HOLD(te_conv_fours_frame, channel_step, TE_CONV_FRAME_CHANNEL_STEP);
TE_HOLD(te_conv_fours_frame, x, TE_CONV_FRAME_X);
TE_HOLD(te_conv_fours_frame, x_end, TE_CONV_FRAME_X_END);
TE_HOLD(te_conv_fours_frame, enter, TE_CONV_FRAME_ENTER);
TE_HOLD(te_conv_fours_frame, weight_end, TE_CONV_FRAME_WEIGHT_END);
TE_HOLD(te_conv_fours_frame, requantize, TE_CONV_FOURS_REQUANTIZE);
TE_HOLD(te_conv_fours_frame, offset, TE_CONV_FOURS_OFFSET);
TE_HOLD(te_conv_fours_frame, first, TE_CONV_FOURS_AGAIN);
TE_HOLD(te_conv_fours_frame, second, TE_CONV_FOURS_AGAIN_2);
TE_HOLD(te_conv_fours_frame, weight, TE_CONV_FOURS_WEIGHT);
TE_HOLD(te_conv_fours_frame, enter_next, TE_CONV_FOURS_ENTER_NEXT);
_Static_assert(sizeof(te_conv_fours_frame) == TE_CONV_FOURS_NBYTES, "assembly takes it off");
TE_HOLD(te_conv_block, pixel_step_2, TE_CONV_BLOCK_ROUNDING + 8);
TE_HOLD(te_conv_block, pair_step, TE_CONV_BLOCK_ROUNDING + 12);

#define TE_CONV_FOURS_LESS 36
#define TE_CONV_FOURS_MORE 40
_Static_assert(TE_CONV_FOURS_MORE == TE_CONV_UP_MORE && TE_CONV_FOURS_LESS == TE_CONV_UP_LESS &&
                   TE_CONV_SIGNED == TE_CONV_UP_LESS - 4 && TE_CONV_UP_LESS == TE_CONV_UP_MORE - 4,
               "assembly compares with them");

/* clang-format off */
/* Gives r0 to r12 the members of the block; of `rounding` in r9 the place of the code that rounds. */
#define TE_CONV_FOURS_ENTER                                                                        \
    "push {r4-r11, lr}\n\t"                                                                        \
    "ldm r0, {r0-r12}\n\t"                                                                         \
    "cmp r9, #" TE_TEXT(TE_CONV_FOURS_LESS) "\n\t"                                                 \
    "adr.w r9, 7f + 1\n\t"                                                                         \
    "it eq\n\t"                                                                                    \
    "adreq.w r9, 6f + 1\n\t"                                                                       \
    "it lt\n\t"                                                                                    \
    "adrlt.w r9, 5f + 1\n\t"

#define TE_CONV_FOURS_LEAVE                                                                        \
    "add sp, sp, #" TE_TEXT(TE_CONV_FOURS_NBYTES) "\n\t"                                           \
    "pop {r4-r11, pc}\n\t"

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
    "ldr lr, " TE_CONV_FOURS_AT(OFFSET) "\n\t"                                                           \
    "lsl lr, lr, r1\n\t"

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
    const int32_t places[4] = {0, block->pixel_step, block->pixel_step_2, block->pixel_step_3};
    const int32_t *record = block->weight;
    int8_t *out = block->out;
    while (record != block->weight_end) {
        const int32_t *const factors = record + 2 + 2 * block->pairs;
        for (int32_t half = 0; half < 2; half++) {
            for (int32_t pixel = 0; pixel < group; pixel++) {
                int32_t a = 0;
                int32_t both = record[half];
                for (int32_t i = 0; i < block->pairs; i++) {
                    const int32_t x = block->x[i * group + pixel];
                    const int32_t weight = record[2 + 2 * i + half];
                    a = te_smlad(x, te_sxtb16(weight), a);
                    both = te_smlad(x, weight, both);
                }
                const int32_t b = (int32_t)((uint32_t)both - (uint32_t)a);
                a = (int32_t)((uint32_t)factors[half] + ((uint32_t)a << 8));
                int8_t *const to = out + places[pixel] + half * block->pair_step;
                to[0] = te_conv_output_w8(block, a, factors[2 + half]);
                to[block->channel_step] = te_conv_output_w8(block, b, factors[4 + half]);
            }
        }
        out += 4 * block->channel_step;
        record = factors + 6;
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
