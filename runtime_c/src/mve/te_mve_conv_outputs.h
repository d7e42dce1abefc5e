/* Convolution for MVE: what the dot products of long and of short windows share. */
#ifndef TE_MVE_CONV_OUTPUTS_H
#define TE_MVE_CONV_OUTPUTS_H

#include "te_mve_conv_dot.h"
#include "te_requantize.h"

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
#define TE_MVE_CONV_BLOCK_TO_CENTRE 56
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

TE_HOLD(te_mve_conv_block, to_centre, TE_MVE_CONV_BLOCK_TO_CENTRE);

/* One less where q0, q1 are negative: VRSHL rounds halves up, te_requantize away from zero. */
#define TE_MVE_CONV_SIGNED                                                                         \
    "vshr.s32 q3, q0, #31\n\t"                                                                     \
    "vadd.i32 q0, q0, q3\n\t"                                                                      \
    "vshr.s32 q3, q1, #31\n\t"                                                                     \
    "vadd.i32 q1, q1, q3\n\t"

/* Moves the sums of a quad to q0 and q1; requantizes and stores them: 19 instructions, and what
 * `rounding` has.
 */
/* clang-format off */
#define TE_MVE_CONV_OUTPUTS(multiply, rounding)                                                    \
    "vmov d0, r0, r2\n\t"                                                                          \
    "vmov d1, r4, r6\n\t"                                                                          \
    "vmov d2, r8, r10\n\t"                                                                         \
    "vmov d3, r12, lr\n\t"                                                                         \
    TE_MVE_CONV_REQUANTIZE(multiply, rounding)

#define TE_MVE_CONV_REQUANTIZE(multiply, rounding)                                                 \
    "vldmia r1!, {d4-d9}\n\t"                                                                      \
    "vadd.i32 q0, q0, q2\n\t"                                                                      \
    "vadd.i32 q1, q1, q2\n\t"                                                                      \
    multiply ".s32 q0, q0, q3\n\t"                                                                 \
    multiply ".s32 q1, q1, q3\n\t"                                                                 \
    rounding                                                                                       \
    "vrshl.s32 q0, q0, q4\n\t"                                                                     \
    "vrshl.s32 q1, q1, q4\n\t"                                                                     \
    "vadd.i32 q0, q0, q5\n\t"                                                                      \
    "vadd.i32 q1, q1, q5\n\t"                                                                      \
    "vmax.s32 q0, q0, q6\n\t"                                                                      \
    "vmax.s32 q1, q1, q6\n\t"                                                                      \
    "vmin.s32 q0, q0, q7\n\t"                                                                      \
    "vmin.s32 q1, q1, q7\n\t"                                                                      \
    "vstrb.32 q0, [r3], #4\n\t"                                                                    \
    "vstrb.32 q1, [r5], #4\n\t"
/* clang-format on */

#else

/* One output of a window `x`. `record` is at the weights of the channel, `factors` at its bias. */
static inline int8_t te_mve_conv_output(const te_mve_conv_block *block, const int8_t *x,
                                        const int8_t *record, int32_t blocks,
                                        const int32_t *factors, te_mve_way way)
{
    const int32_t last_first = blocks <= TE_MVE_SHORT ? blocks - 1 : 0;
    int32_t sum = factors[0];
    for (int32_t i = 0; i < blocks; i++) {
        const int8_t *const at = x + (i + last_first) % blocks * TE_MVE_TAPS;
        for (int32_t tap = 0; tap < TE_MVE_TAPS; tap++) {
            sum += at[tap] * record[tap];
        }
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

#endif

#endif
