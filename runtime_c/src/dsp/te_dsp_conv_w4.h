/* Dot products of convolutions with weights of 4 bits, for 4, 2 and 1 pixels.
 *
 * Half a word of weights is, for a tap of channels a, b, c and d, as a signed number of 16 bits,
 *     (a + 8) + 16 * (b + 8) + 256 * (c + 8) + 4096 * d.
 * Two taps at a time are multiplied by it as it is, then without d, then without c, then without
 * b: three instructions unpack eight weights. With X the sum of the taps, the four sums are
 *     s1 = sum of a + 8 * X             s2 - s1 =   16 * (sum of b + 8 * X)
 *     s4 - s3 = 4096 * (sum of d)       s3 - s2 =  256 * (sum of c + 8 * X)
 * so that they start from -8, -136, -2184 and -2184 times X, which is found once for all channels.
 * No sum without its bias reaches 2^19; all become 256 times as large.
 *
 * Weights are two words, then records. A record of channels a, b, c and d is: a word for every pair of
 * taps; their scaled biases; their multipliers, the last two as te_dsp_conv_w8.h says, as is how sums
 * become outputs; for TE_CONV_UP_LEAST these are 4 bits up. The first word counts those of the records whose channels follow each other; where
 * they leave channels over, a last record has the last four channels, of which the second word is the
 * first.
 *
 * The loops, which depend on how many instructions a core issues at a time, are in a header of their
 * own.
 */
#ifndef TE_DSP_CONV_W4_H
#define TE_DSP_CONV_W4_H

#include "te_dsp_conv.h"

#include <stddef.h>

/* Channels of a record, words of one behind its weights, and words before all records. */
#define TE_NIBBLE_CHANNELS 4
#define TE_NIBBLE_FACTORS 8
#define TE_NIBBLE_HEAD 2

/* One or two pixels as the dot products see them. Assembly reads the members by their places. */
typedef struct {
    int32_t start[8]; /* s1 of both pixels and so on; of one pixel the first four */
    int8_t *out;
    int32_t pixel_step;
    int32_t channel_step;
    const int32_t *x;
    const int32_t *x_end;
    const int32_t *weight_end;
    int32_t pairs;
    int32_t unused;
    int32_t rounding;
    int32_t offset;
    const int32_t *weight;
} te_nibble_block;

/* What all channels have in common: where s1, s2 and both others start for a sum of taps. */
static inline void te_nibble_start(int32_t *start, int32_t step, int32_t taps)
{
    const uint32_t sum = (uint32_t)taps;
    start[0] = (int32_t)(0U - 8U * sum);
    start[step] = (int32_t)(0U - 136U * sum);
    start[2 * step] = (int32_t)(0U - 2184U * sum);
    start[3 * step] = start[2 * step];
}

#if TE_HAS_DSP

/* The frame is the block but its last member; three of them become places in the code. */
typedef struct {
    int32_t start[8];
    int8_t *out;
    int32_t pixel_step;
    int32_t channel_step;
    const int32_t *x;
    const int32_t *x_end;
    const int32_t *weight_end;
    uint32_t enter;
    uint32_t enter_next;
    uint32_t requantize;
    int32_t offset;
} te_nibble_frame;

#define TE_NIBBLE_FRAME_OUT 32
#define TE_NIBBLE_FRAME_CHANNEL_STEP 40
#define TE_NIBBLE_FRAME_X 44
#define TE_NIBBLE_FRAME_X_END 48
#define TE_NIBBLE_FRAME_WEIGHT_END 52
#define TE_NIBBLE_FRAME_ENTER 56
#define TE_NIBBLE_FRAME_ENTER_NEXT 60
#define TE_NIBBLE_FRAME_REQUANTIZE 64
#define TE_NIBBLE_FRAME_OFFSET 68
#define TE_NIBBLE_FRAME_NBYTES 72
#define TE_NIBBLE_AT(name) "[sp, #" TE_TEXT(TE_NIBBLE_FRAME_##name) "]"

TE_HOLD(te_nibble_frame, out, TE_NIBBLE_FRAME_OUT);
TE_HOLD(te_nibble_frame, pixel_step, TE_NIBBLE_FRAME_OUT + 4);
TE_HOLD(te_nibble_frame, channel_step, TE_NIBBLE_FRAME_CHANNEL_STEP);
TE_HOLD(te_nibble_frame, x, TE_NIBBLE_FRAME_X);
TE_HOLD(te_nibble_frame, x_end, TE_NIBBLE_FRAME_X_END);
TE_HOLD(te_nibble_frame, weight_end, TE_NIBBLE_FRAME_WEIGHT_END);
TE_HOLD(te_nibble_frame, enter, TE_NIBBLE_FRAME_ENTER);
TE_HOLD(te_nibble_frame, enter_next, TE_NIBBLE_FRAME_ENTER_NEXT);
TE_HOLD(te_nibble_frame, requantize, TE_NIBBLE_FRAME_REQUANTIZE);
TE_HOLD(te_nibble_frame, offset, TE_NIBBLE_FRAME_OFFSET);
_Static_assert(sizeof(te_nibble_frame) == TE_NIBBLE_FRAME_NBYTES, "assembly takes the frame off");
TE_HOLD(te_nibble_block, pairs, TE_NIBBLE_FRAME_ENTER);
TE_HOLD(te_nibble_block, rounding, TE_NIBBLE_FRAME_REQUANTIZE);
TE_HOLD(te_nibble_block, weight, TE_NIBBLE_FRAME_NBYTES);

#define TE_NIBBLE_UP_LESS 36
#define TE_NIBBLE_UP_LEAST 44
_Static_assert(TE_NIBBLE_UP_LESS == TE_CONV_UP_LESS, "assembly compares with it");
_Static_assert(TE_NIBBLE_UP_LEAST == TE_CONV_UP_LEAST, "assembly compares with it");

/* clang-format off */
/* Makes the frame: r6 is where to enter and r7 where after that; gives r0 the weights. The loop, of
 * `bytes` of code for a pair, is entered so far before its end at 2 that none of the pairs in the mask
 * `unrolled` are left over; those in the mask `left` come first, `left_bytes` each, before 3. `behind`
 * pairs are none of them: they are multiplied behind the loop.
 */
#define TE_NIBBLE_ENTER(unrolled, bytes, left, left_bytes, behind)                                         \
    "push {r4-r11, lr}\n\t"                                                                        \
    "sub sp, sp, #" TE_TEXT(TE_NIBBLE_FRAME_NBYTES) "\n\t"                                         \
    "mov r12, sp\n\t"                                                                              \
    "ldm r0!, {r1-r9}\n\t"                                                                         \
    "stm r12!, {r1-r9}\n\t"                                                                        \
    "ldm r0!, {r1-r9}\n\t"                                                                         \
    "ldr r0, [r0]\n\t"                                                                             \
    "sub r6, r6, #" behind "\n\t"                                                                  \
    "and r10, r6, #" unrolled "\n\t"                                                               \
    "mov r11, #" bytes "\n\t"                                                                      \
    "adr.w r7, 2f + 1\n\t"                                                                         \
    "mls r7, r10, r11, r7\n\t"                                                                     \
    "and r10, r6, #" left "\n\t"                                                                   \
    "mov r11, #" left_bytes "\n\t"                                                                 \
    "adr.w r6, 3f + 1\n\t"                                                                         \
    "mls r6, r10, r11, r6\n\t"                                                                     \
    "mov r10, r8\n\t"                                                                              \
    "cmp r10, #" TE_TEXT(TE_NIBBLE_UP_LESS) "\n\t"                                                 \
    "adr.w r8, 5f + 1\n\t"                                                                         \
    "adr.w r11, 6f + 1\n\t"                                                                        \
    "it eq\n\t"                                                                                    \
    "moveq r8, r11\n\t"                                                                            \
    "adr.w r11, 7f + 1\n\t"                                                                        \
    "it gt\n\t"                                                                                    \
    "movgt r8, r11\n\t"                                                                            \
    "cmp r10, #" TE_TEXT(TE_NIBBLE_UP_LEAST) "\n\t"                                                \
    "adr.w r11, 9f + 1\n\t"                                                                        \
    "it eq\n\t"                                                                                    \
    "moveq r8, r11\n\t"                                                                            \
    "stm r12, {r1-r9}\n\t"

/* Outputs of two sums of a channel, TE_CONV_SIGNED: r2 is its multiplier, the low byte of a sum its
 * shift. r1, r4 and lr are free.
 */
#define TE_NIBBLE_SIGNED_2(sum, sum_2)                                                             \
    "mov r1, " sum "\n\t"                                                                          \
    "ldr lr, " TE_NIBBLE_AT(OFFSET) "\n\t"                                                         \
    "ldr r2, [r0], #4\n\t"                                                                         \
    "lsl lr, lr, r1\n\t"                                                                           \
    "asr " sum ", " sum ", #7\n\t"                                                                 \
    "asr " sum_2 ", " sum_2 ", #7\n\t"                                                             \
    "smmlar r4, " sum ", r2, lr\n\t"                                                               \
    "add " sum ", r4, " sum ", asr #31\n\t"                                                        \
    "smmlar r4, " sum_2 ", r2, lr\n\t"                                                             \
    "asr " sum ", " sum ", r1\n\t"                                                                 \
    "add " sum_2 ", r4, " sum_2 ", asr #31\n\t"                                                    \
    "ssat " sum ", #8, " sum ", asr #1\n\t"                                                        \
    "asr " sum_2 ", " sum_2 ", r1\n\t"                                                             \
    "ssat " sum_2 ", #8, " sum_2 ", asr #1\n\t"

#define TE_NIBBLE_SIGNED_1(sum)                                                                    \
    "mov r1, " sum "\n\t"                                                                          \
    "ldr lr, " TE_NIBBLE_AT(OFFSET) "\n\t"                                                         \
    "ldr r2, [r0], #4\n\t"                                                                         \
    "lsl lr, lr, r1\n\t"                                                                           \
    "asr " sum ", " sum ", #7\n\t"                                                                 \
    "smmlar r4, " sum ", r2, lr\n\t"                                                               \
    "add " sum ", r4, " sum ", asr #31\n\t"                                                        \
    "asr " sum ", " sum ", r1\n\t"                                                                 \
    "ssat " sum ", #8, " sum ", asr #1\n\t"

/* Gives two sums of each channel their scales and biases. */
#define TE_NIBBLE_SCALE_2                                                                     \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "sub r11, r11, r9\n\t"                                                                         \
    "sub r12, r12, r10\n\t"                                                                        \
    "sub r9, r9, r7\n\t"                                                                           \
    "sub r10, r10, r8\n\t"                                                                         \
    "sub r7, r7, r5\n\t"                                                                           \
    "sub r8, r8, r6\n\t"                                                                           \
    "add r5, r1, r5, lsl #8\n\t"                                                                   \
    "add r6, r1, r6, lsl #8\n\t"                                                                   \
    "add r7, r2, r7, lsl #4\n\t"                                                                   \
    "add r8, r2, r8, lsl #4\n\t"                                                                   \
    "add r9, r9, r3\n\t"                                                                           \
    "add r10, r10, r3\n\t"                                                                         \
    "add r11, r4, r11, asr #4\n\t"                                                                 \
    "add r12, r4, r12, asr #4\n\t"

#define TE_NIBBLE_SCALE_1                                                                     \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "sub r12, r12, r11\n\t"                                                                        \
    "sub r11, r11, r10\n\t"                                                                        \
    "sub r10, r10, r9\n\t"                                                                         \
    "add r9, r1, r9, lsl #8\n\t"                                                                   \
    "add r10, r2, r10, lsl #4\n\t"                                                                 \
    "add r11, r11, r3\n\t"                                                                         \
    "add r12, r4, r12, asr #4\n\t"

#define TE_NIBBLE_STORE_2                                                                          \
    "strb r5, [r1]\n\t"                                                                            \
    "strb r6, [r1, r2]\n\t"                                                                        \
    "add r1, r1, r3\n\t"                                                                           \
    "strb r7, [r1]\n\t"                                                                            \
    "strb r8, [r1, r2]\n\t"                                                                        \
    "add r1, r1, r3\n\t"                                                                           \
    "strb r9, [r1]\n\t"                                                                            \
    "strb r10, [r1, r2]\n\t"                                                                       \
    "add r1, r1, r3\n\t"                                                                           \
    "strb r11, [r1]\n\t"                                                                           \
    "strb r12, [r1, r2]\n\t"                                                                       \
    "add r1, r1, r3\n\t"

#define TE_NIBBLE_STORE_1                                                                          \
    "strb r9, [r1]\n\t"                                                                            \
    "strb r10, [r1, r3]\n\t"                                                                       \
    "add r1, r1, r3, lsl #1\n\t"                                                                   \
    "strb r11, [r1]\n\t"                                                                           \
    "strb r12, [r1, r3]\n\t"                                                                       \
    "add r1, r1, r3, lsl #1\n\t"

/* Adds the pairs of `eights` > 0 times eight words of x to `sums`, those of every fourth word. */
TE_NAKED static void te_nibble_add_eights(const int32_t *x __attribute__((unused)),
                                          int32_t eights __attribute__((unused)),
                                          int32_t *sums __attribute__((unused)))
{
    __asm__("push {r4-r11, lr}\n\t"
            "ldm r2, {r3, r4, r5, r12}\n\t"
            "mov lr, #0x00010001\n\t"
            "1: ldm r0!, {r6-r11}\n\t"
            "smlad r3, r6, lr, r3\n\t"
            "smlad r4, r7, lr, r4\n\t"
            "smlad r5, r8, lr, r5\n\t"
            "smlad r12, r9, lr, r12\n\t"
            "ldm r0!, {r6, r7}\n\t"
            "smlad r3, r10, lr, r3\n\t"
            "smlad r4, r11, lr, r4\n\t"
            "smlad r5, r6, lr, r5\n\t"
            "subs r1, r1, #1\n\t"
            "smlad r12, r7, lr, r12\n\t"
            "bne 1b\n\t"
            "stm r2, {r3, r4, r5, r12}\n\t"
            "pop {r4-r11, pc}\n\t");
}
/* clang-format on */

#include "te_dsp_conv_w4_loops.h"

#else

/* Output of a scaled sum, with the multiplier of its channel. */
static inline int8_t te_nibble_output(const te_nibble_block *block, int32_t sum, int32_t multiplier)
{
    if (block->rounding != TE_CONV_SIGNED) {
        const int32_t is_least = block->rounding == TE_CONV_UP_LEAST;
        const int32_t bits = is_least ? 4 : block->rounding == TE_CONV_UP_LESS ? 8 : 12;
        return (int8_t)te_saturate8(te_multiply_high(sum, multiplier, block->offset) >> bits);
    }
    const int32_t shift = sum & 0xff;
    const int32_t offset = (int32_t)((uint32_t)block->offset << shift);
    const int32_t product = te_multiply_high_rounded(sum >> 7, multiplier, offset);
    return (int8_t)te_saturate8((product + (sum >> 31)) >> (shift + 1));
}

/* Gives the four sums of a record of one of `count` pixels, scaled, without biases. */
static inline void te_nibble_sums(const te_nibble_block *block, const int32_t *weights,
                                  int32_t step, int32_t pixel, int32_t count, int32_t *sums)
{
    const uint32_t kept[TE_NIBBLE_CHANNELS] = {0x000f000fU, 0x00ff00ffU, 0x0fff0fffU, 0xffffffffU};
    uint32_t s[TE_NIBBLE_CHANNELS];
    for (int32_t i = 0; i < TE_NIBBLE_CHANNELS; i++) {
        int32_t sum = block->start[i * count + pixel];
        for (int32_t pair = 0; pair < block->pairs; pair++) {
            const int32_t w = (int32_t)((uint32_t)weights[pair] & kept[i]);
            sum = te_smlad(block->x[pair * step + pixel], w, sum);
        }
        s[i] = (uint32_t)sum;
    }
    sums[0] = (int32_t)(s[0] << 8);
    sums[1] = (int32_t)((s[1] - s[0]) << 4);
    sums[2] = (int32_t)(s[2] - s[1]);
    sums[3] = (int32_t)(s[3] - s[2]) >> 4;
}

/* Does what the assembly does. */
static inline void te_nibble_dot(const te_nibble_block *block, int32_t step, int32_t count)
{
    int8_t *out = block->out;
    for (const int32_t *record = block->weight; record != block->weight_end;) {
        const int32_t *const biases = record + block->pairs;
        const int32_t *const multipliers = biases + TE_NIBBLE_CHANNELS;
        for (int32_t pixel = 0; pixel < count; pixel++) {
            int32_t sums[TE_NIBBLE_CHANNELS];
            te_nibble_sums(block, record, step, pixel, count, sums);
            for (int32_t i = 0; i < TE_NIBBLE_CHANNELS; i++) {
                const int32_t sum = (int32_t)((uint32_t)biases[i] + (uint32_t)sums[i]);
                out[pixel * block->pixel_step + i * block->channel_step] =
                    te_nibble_output(block, sum, multipliers[i]);
            }
        }
        out += TE_NIBBLE_CHANNELS * block->channel_step;
        record = biases + TE_NIBBLE_FACTORS;
    }
}

static inline void te_nibble_dot_2_far(const te_nibble_block *block)
{
    te_nibble_dot(block, 4, 2);
}

static inline void te_nibble_dot_2(const te_nibble_block *block)
{
    te_nibble_dot(block, 2, 2);
}

static inline void te_nibble_dot_1(const te_nibble_block *block)
{
    te_nibble_dot(block, 1, 1);
}

static inline void te_nibble_add_eights(const int32_t *x, int32_t eights, int32_t *sums)
{
    for (int32_t i = 0; i < 8 * eights; i++) {
        sums[i & 3] = te_smlad(x[i], 0x00010001, sums[i & 3]);
    }
}

#endif

typedef void (*te_nibble_dot_of)(const te_nibble_block *block);

/* Gives the sums of the taps of 4, 2 or 1 pixels, whose words stand side by side. */
static inline void te_nibble_sum_taps(const te_conv_block *block, int32_t group, int32_t *sums)
{
    const int32_t words = block->pairs * group;
    for (int32_t i = 0; i < 4; i++) {
        sums[i] = 0;
    }
    if (words >= 8) {
        te_nibble_add_eights(block->x, (int32_t)((uint32_t)words / 8U), sums);
    }
    for (int32_t i = words & ~7; i < words; i++) {
        sums[i & 3] = te_smlad(block->x[i], 0x00010001, sums[i & 3]);
    }
    if (group < 4) {
        sums[0] += sums[2];
        sums[1] += sums[3];
    }
    if (group == 1) {
        sums[0] += sums[1];
    }
}

/* Computes all channels of `count` pixels whose taps stand `step` words apart, from `pixel` of the
 * block on, with `dot`.
 */
static inline void te_nibble_channels(const te_conv_block *block, te_nibble_dot_of dot,
                                      const int32_t *taps, int32_t count, int32_t step,
                                      int32_t pixel)
{
    const int32_t *const records = block->weight + TE_NIBBLE_HEAD;
    te_nibble_block nibbles;
    for (int32_t i = 0; i < count; i++) {
        te_nibble_start(nibbles.start + i, count, taps[i]);
    }
    nibbles.out = block->out + pixel * block->pixel_step;
    nibbles.pixel_step = block->pixel_step;
    nibbles.channel_step = block->channel_step;
    nibbles.x = block->x + pixel;
    nibbles.x_end = nibbles.x + block->pairs * step;
    nibbles.weight_end = records + block->weight[0];
    nibbles.pairs = block->pairs;
    nibbles.rounding = block->rounding;
    nibbles.offset = block->offset;
    nibbles.weight = records;
    dot(&nibbles);
    if (nibbles.weight_end != block->weight_end) {
        nibbles.out += block->weight[1] * block->channel_step;
        nibbles.weight = nibbles.weight_end;
        nibbles.weight_end = block->weight_end;
        dot(&nibbles);
    }
}

static inline void te_conv_dot_4_w4(const te_conv_block *block)
{
    int32_t taps[4];
    te_nibble_sum_taps(block, 4, taps);
    te_nibble_channels(block, te_nibble_dot_2_far, taps, 2, 4, 0);
    te_nibble_channels(block, te_nibble_dot_2_far, taps + 2, 2, 4, 2);
}

static inline void te_conv_dot_2_w4(const te_conv_block *block)
{
    int32_t taps[4];
    te_nibble_sum_taps(block, 2, taps);
    te_nibble_channels(block, te_nibble_dot_2, taps, 2, 2, 0);
}

static inline void te_conv_dot_1_w4(const te_conv_block *block)
{
    int32_t taps[4];
    te_nibble_sum_taps(block, 1, taps);
    te_nibble_channels(block, te_nibble_dot_1, taps, 1, 1, 0);
}

#endif
