/* Convolution for MVE: the dot products of two windows with all output channels.
 *
 * VMLADAVA multiplies 16 pairs of int8 and adds all products to one of the eight even registers:
 * four channels of two pixels are summed at a time, with six loads for eight instructions.
 */
#ifndef TE_MVE_CONV_DOT_H
#define TE_MVE_CONV_DOT_H

#include "te_mve.h"
#include "te_requantize.h"

#define TE_MVE_TAPS 16    /* taps of a block, of one channel */
#define TE_MVE_CHANNELS 4 /* channels computed at a time */
#define TE_MVE_BLOCK_CODE 56
#define TE_MVE_UNROLLED 8

/* Pairs of windows and the channels to compute. Assembly reads the members by their places.
 *
 * A record of four channels is: blocks of 16 taps of each channel, then as int32 four biases, four
 * multipliers and four shifts, te_requantize's. Shifts are at most 0; where the outputs of negative
 * sums are not all clamped to the same, at most -1, or 0 with a multiplier of 0.
 */
typedef struct {
    const int8_t *x_0;         /* 16 * blocks bytes of the first window */
    const int8_t *x_1;         /* and of the second, which may be the same */
    int32_t rounds;            /* of TE_MVE_UNROLLED blocks behind the first one */
    int32_t skipped_nbytes;    /* code of the first round that is left out */
    const int32_t *weight_end; /* behind the last record */
    const int32_t *weight;     /* records */
    int32_t pairs;             /* of windows, at least 1 */
    int32_t x_step;            /* bytes from a pair's windows to the next one's */
    int32_t out_step;          /* bytes from behind a pair's channels to the next one's */
    int8_t *out_0;             /* the channels of the first pixel */
    int8_t *out_1;             /* and of the second, which may be the same */
    int32_t zero_point;
    int32_t act_min;
    int32_t act_max;
} te_mve_conv_block;

#if TE_HAS_MVE

/* Where the members of a block are, and of the frame: it is the block up to out_0. Some are loaded
 * with the next one.
 */
#define TE_MVE_CONV_BLOCK_X_0 0
#define TE_MVE_CONV_BLOCK_ROUNDS 8
#define TE_MVE_CONV_BLOCK_ENTER 12
#define TE_MVE_CONV_BLOCK_WEIGHT_END 16
#define TE_MVE_CONV_BLOCK_WEIGHT 20
#define TE_MVE_CONV_BLOCK_PAIRS 24
#define TE_MVE_CONV_BLOCK_OUT_STEP 32
#define TE_MVE_CONV_BLOCK_OUT_0 36
#define TE_MVE_CONV_BLOCK_ZERO_POINT 44
#define TE_MVE_CONV_BLOCK_ACT_MAX 52
#define TE_MVE_CONV_AT(base, name) "[" base ", #" TE_TEXT(TE_MVE_CONV_BLOCK_##name) "]"

TE_HOLD(te_mve_conv_block, x_0, TE_MVE_CONV_BLOCK_X_0);
TE_HOLD(te_mve_conv_block, x_1, TE_MVE_CONV_BLOCK_X_0 + 4);
TE_HOLD(te_mve_conv_block, rounds, TE_MVE_CONV_BLOCK_ROUNDS);
TE_HOLD(te_mve_conv_block, skipped_nbytes, TE_MVE_CONV_BLOCK_ENTER);
TE_HOLD(te_mve_conv_block, weight_end, TE_MVE_CONV_BLOCK_WEIGHT_END);
TE_HOLD(te_mve_conv_block, weight, TE_MVE_CONV_BLOCK_WEIGHT);
TE_HOLD(te_mve_conv_block, pairs, TE_MVE_CONV_BLOCK_PAIRS);
TE_HOLD(te_mve_conv_block, x_step, TE_MVE_CONV_BLOCK_PAIRS + 4);
TE_HOLD(te_mve_conv_block, out_step, TE_MVE_CONV_BLOCK_OUT_STEP);
TE_HOLD(te_mve_conv_block, out_0, TE_MVE_CONV_BLOCK_OUT_0);
TE_HOLD(te_mve_conv_block, out_1, TE_MVE_CONV_BLOCK_OUT_0 + 4);
TE_HOLD(te_mve_conv_block, zero_point, TE_MVE_CONV_BLOCK_ZERO_POINT);
TE_HOLD(te_mve_conv_block, act_min, TE_MVE_CONV_BLOCK_ZERO_POINT + 4);
TE_HOLD(te_mve_conv_block, act_max, TE_MVE_CONV_BLOCK_ACT_MAX);

/* One block: weights of four channels from r1, taps from r9 and r11. */
#define TE_MVE_CONV_BLOCK(op)                                                                      \
    "vldrb.8 q1, [r9], #16\n\t"                                                                    \
    "vldrb.8 q2, [r11], #16\n\t"                                                                   \
    "vldrb.8 q0, [r1], #16\n\t" op " r0, q0, q1\n\t" op " r8, q0, q2\n\t"                          \
    "vldrb.8 q0, [r1], #16\n\t" op " r2, q0, q1\n\t" op " r10, q0, q2\n\t"                         \
    "vldrb.8 q0, [r1], #16\n\t" op " r4, q0, q1\n\t" op " r12, q0, q2\n\t"                         \
    "vldrb.8 q0, [r1], #16\n\t" op " r6, q0, q1\n\t" op " lr, q0, q2\n\t"

#define TE_MVE_CONV_ADD_BLOCK TE_MVE_CONV_BLOCK("vmlava.s8")

/* One less where q0, q1 are negative: VRSHL rounds halves up, te_requantize away from zero. */
#define TE_MVE_CONV_SIGNED                                                                         \
    "vshr.s32 q3, q0, #31\n\t"                                                                     \
    "vadd.i32 q0, q0, q3\n\t"                                                                      \
    "vshr.s32 q3, q1, #31\n\t"                                                                     \
    "vadd.i32 q1, q1, q3\n\t"

/* 14 instructions for a block, 2 for every eight behind the first, and 25 around them. Sums are in
 * r0, r2, r4, r6 and r8, r10, r12, lr; r3, r5 are where to store, r7 counts; q5 to q7 are the
 * output's zero point and clamp. The frame is the block's first nine members, with where to enter
 * the loop as the fourth.
 */
/* clang-format off */
#define TE_MVE_CONV_DOT(multiply, rounding)                                                                  \
    __asm__("push {r4-r11, lr}\n\t"                                                                \
            "vpush {d8-d15}\n\t"                                                                   \
            "ldrd r2, r3, " TE_MVE_CONV_AT("r0", ZERO_POINT) "\n\t"                                \
            "ldr r4, " TE_MVE_CONV_AT("r0", ACT_MAX) "\n\t"                                        \
            "vdup.32 q5, r2\n\t"                                                                   \
            "vdup.32 q6, r3\n\t"                                                                   \
            "vdup.32 q7, r4\n\t"                                                                   \
            "ldrd r3, r5, " TE_MVE_CONV_AT("r0", OUT_0) "\n\t"                                     \
            "ldm r0, {r0-r2, r4, r6, r8-r11}\n\t"                                                  \
            "adr.w r12, 2f\n\t"                                                                    \
            "add r4, r4, r12\n\t"                                                                  \
            "cmp r2, #0\n\t"                                                                       \
            "it eq\n\t"                                                                            \
            "addeq r4, r12, #(3f - 2f)\n\t"                                                        \
            "orr r4, r4, #1\n\t"                                                                   \
            "push {r0-r2, r4, r6, r8-r11}\n\t"                                                     \
            "mov r1, r8\n\t"                                                                       \
            "1:\n\t"                                                                               \
            "ldrd r9, r11, " TE_MVE_CONV_AT("sp", X_0) "\n\t"                                      \
            "ldr r7, " TE_MVE_CONV_AT("sp", ROUNDS) "\n\t"                                         \
            TE_MVE_CONV_BLOCK("vmlav.s8")                                                          \
            "ldr pc, " TE_MVE_CONV_AT("sp", ENTER) "\n\t"                                          \
            ".balign 4\n\t"                                                                        \
            "2:\n\t"                                                                               \
            TE_MVE_CONV_ADD_BLOCK                                                                  \
            TE_MVE_CONV_ADD_BLOCK                                                                  \
            TE_MVE_CONV_ADD_BLOCK                                                                  \
            TE_MVE_CONV_ADD_BLOCK                                                                  \
            TE_MVE_CONV_ADD_BLOCK                                                                  \
            TE_MVE_CONV_ADD_BLOCK                                                                  \
            TE_MVE_CONV_ADD_BLOCK                                                                  \
            TE_MVE_CONV_ADD_BLOCK                                                                  \
            "subs r7, r7, #1\n\t"                                                                  \
            "bne.w 2b\n\t"                                                                         \
            "3:\n\t"                                                                               \
            "vmov d0, r0, r2\n\t"                                                                  \
            "vmov d1, r4, r6\n\t"                                                                  \
            "vmov d2, r8, r10\n\t"                                                                 \
            "vmov d3, r12, lr\n\t"                                                                 \
            "vldmia r1!, {d4-d9}\n\t"                                                              \
            "vadd.i32 q0, q0, q2\n\t"                                                              \
            "vadd.i32 q1, q1, q2\n\t"                                                              \
            multiply ".s32 q0, q0, q3\n\t"                                                         \
            multiply ".s32 q1, q1, q3\n\t"                                                         \
            rounding                                                                               \
            "vrshl.s32 q0, q0, q4\n\t"                                                             \
            "vrshl.s32 q1, q1, q4\n\t"                                                             \
            "vadd.i32 q0, q0, q5\n\t"                                                              \
            "vadd.i32 q1, q1, q5\n\t"                                                              \
            "vmax.s32 q0, q0, q6\n\t"                                                              \
            "vmax.s32 q1, q1, q6\n\t"                                                              \
            "vmin.s32 q0, q0, q7\n\t"                                                              \
            "vmin.s32 q1, q1, q7\n\t"                                                              \
            "vstrb.32 q0, [r3], #4\n\t"                                                            \
            "vstrb.32 q1, [r5], #4\n\t"                                                            \
            "ldr r0, " TE_MVE_CONV_AT("sp", WEIGHT_END) "\n\t"                                     \
            "cmp r1, r0\n\t"                                                                       \
            "bne.w 1b\n\t"                                                                         \
            "ldrd r2, r4, " TE_MVE_CONV_AT("sp", PAIRS) "\n\t"                                     \
            "subs r2, r2, #1\n\t"                                                                  \
            "beq 4f\n\t"                                                                           \
            "str r2, " TE_MVE_CONV_AT("sp", PAIRS) "\n\t"                                          \
            "ldrd r6, r8, " TE_MVE_CONV_AT("sp", X_0) "\n\t"                                       \
            "add r6, r6, r4\n\t"                                                                   \
            "add r8, r8, r4\n\t"                                                                   \
            "strd r6, r8, " TE_MVE_CONV_AT("sp", X_0) "\n\t"                                       \
            "ldr r0, " TE_MVE_CONV_AT("sp", OUT_STEP) "\n\t"                                       \
            "add r3, r3, r0\n\t"                                                                   \
            "add r5, r5, r0\n\t"                                                                   \
            "ldr r1, " TE_MVE_CONV_AT("sp", WEIGHT) "\n\t"                                         \
            "b.w 1b\n\t"                                                                           \
            "4:\n\t"                                                                               \
            "add sp, sp, #" TE_TEXT(TE_MVE_CONV_BLOCK_OUT_0) "\n\t"                                \
            "vpop {d8-d15}\n\t"                                                                    \
            "pop {r4-r11, pc}\n\t")
/* clang-format on */

TE_NAKED static void te_mve_conv_dot_up(const te_mve_conv_block *block __attribute__((unused)))
{
    TE_MVE_CONV_DOT("vqrdmulh", "");
}

TE_NAKED static void te_mve_conv_dot_signed(const te_mve_conv_block *block __attribute__((unused)))
{
    TE_MVE_CONV_DOT("vqrdmulh", TE_MVE_CONV_SIGNED);
}

/* Products are not rounded, but outputs, halves up. */
TE_NAKED static void te_mve_conv_dot_once(const te_mve_conv_block *block __attribute__((unused)))
{
    TE_MVE_CONV_DOT("vqdmulh", "");
}

#else

/* One output of a window `x`. `record` is at the weights of the channel, `factors` at its bias. */
static inline int8_t te_mve_conv_output(const te_mve_conv_block *block, const int8_t *x,
                                        const int8_t *record, int32_t blocks,
                                        const int32_t *factors, te_mve_way way)
{
    int32_t sum = factors[0];
    for (int32_t i = 0; i < blocks; i++) {
        for (int32_t tap = 0; tap < TE_MVE_TAPS; tap++) {
            sum += x[tap] * record[tap];
        }
        x += TE_MVE_TAPS;
        record += TE_MVE_CHANNELS * TE_MVE_TAPS;
    }
    const int32_t rounded =
        te_mve_requantize(sum, factors[TE_MVE_CHANNELS], factors[2 * TE_MVE_CHANNELS], way);
    return (int8_t)te_clamp(rounded + block->zero_point, block->act_min, block->act_max);
}

/* All channels of a pair of windows; the block then stands at the next pair. */
static inline void te_mve_conv_pair(te_mve_conv_block *block, te_mve_way way)
{
    const int32_t skipped = block->skipped_nbytes / TE_MVE_BLOCK_CODE;
    const int32_t blocks = 1 + block->rounds * TE_MVE_UNROLLED - skipped;
    const int32_t *record = block->weight;
    while (record != block->weight_end) {
        const int32_t *const factors = record + blocks * TE_MVE_CHANNELS * TE_MVE_TAPS / 4;
        int8_t out[2][TE_MVE_CHANNELS];
        for (int32_t i = 0; i < TE_MVE_CHANNELS; i++) {
            const int8_t *const at = (const int8_t *)record + i * TE_MVE_TAPS;
            out[0][i] = te_mve_conv_output(block, block->x_0, at, blocks, factors + i, way);
            out[1][i] = te_mve_conv_output(block, block->x_1, at, blocks, factors + i, way);
        }
        __builtin_memcpy(block->out_0, out[0], TE_MVE_CHANNELS);
        __builtin_memcpy(block->out_1, out[1], TE_MVE_CHANNELS);
        block->out_0 += TE_MVE_CHANNELS;
        block->out_1 += TE_MVE_CHANNELS;
        record = factors + 3 * TE_MVE_CHANNELS;
    }
}

static inline void te_mve_conv_dot(const te_mve_conv_block *block, te_mve_way way)
{
    te_mve_conv_block pair = *block;
    te_mve_conv_pair(&pair, way);
    for (int32_t i = 1; i < block->pairs; i++) {
        pair.x_0 += block->x_step;
        pair.x_1 += block->x_step;
        pair.out_0 += block->out_step;
        pair.out_1 += block->out_step;
        te_mve_conv_pair(&pair, way);
    }
}

static inline void te_mve_conv_dot_up(const te_mve_conv_block *block)
{
    te_mve_conv_dot(block, TE_MVE_TWICE_UP);
}

static inline void te_mve_conv_dot_signed(const te_mve_conv_block *block)
{
    te_mve_conv_dot(block, TE_MVE_TWICE_SIGNED);
}

static inline void te_mve_conv_dot_once(const te_mve_conv_block *block)
{
    te_mve_conv_dot(block, TE_MVE_ONCE);
}

#endif

#endif
