/* Convolution for MVE: the dot products of windows of any length with weights of 4 bits. */
#include "te_mve_conv_dot_w4.h"

#include "te_mve_conv_outputs.h"

#if TE_HAS_MVE

/* clang-format off */
/* Bytes of two channels: sums of both in `b_0`, `b_1`, 16 times those of the first in `a_0`, `a_1`. */
#define TE_MVE_CONV_NIBBLES(op, a_0, a_1, b_0, b_1)                                                \
    "vldrb.8 q0, [r1], #16\n\t"                                                                    \
    op " " b_0 ", q0, q1\n\t"                                                                      \
    op " " b_1 ", q0, q2\n\t"                                                                      \
    "vshl.i8 q0, q0, #4\n\t"                                                                       \
    op " " a_0 ", q0, q1\n\t"                                                                      \
    op " " a_1 ", q0, q2\n\t"

/* One block: weights of four channels from r1, taps from r9 and r11. */
#define TE_MVE_CONV_BLOCK_W4(op)                                                                   \
    "vldrb.8 q1, [r9], #16\n\t"                                                                    \
    "vldrb.8 q2, [r11], #16\n\t"                                                                   \
    TE_MVE_CONV_NIBBLES(op, "r0", "r8", "r2", "r10")                                               \
    TE_MVE_CONV_NIBBLES(op, "r4", "r12", "r6", "lr")

/* Takes the sums of a from those of b, and moves all to q0 and q1. */
#define TE_MVE_CONV_SUMS_W4                                                                        \
    "sub r2, r2, r0, asr #4\n\t"                                                                   \
    "sub r6, r6, r4, asr #4\n\t"                                                                   \
    "sub r10, r10, r8, asr #4\n\t"                                                                 \
    "sub lr, lr, r12, asr #4\n\t"                                                                  \
    "vmov d0, r0, r2\n\t"                                                                          \
    "vmov d1, r4, r6\n\t"                                                                          \
    "vmov d2, r8, r10\n\t"                                                                         \
    "vmov d3, r12, lr\n\t"                                                                         \
    "vshr.s32 q0, q0, #4\n\t"                                                                      \
    "vshr.s32 q1, q1, #4\n\t"

/* 14 instructions for a block, 2 for every eight behind the first, and 33 around them. Registers and
 * frame are those of te_mve_conv_dot_up.
 */
#define TE_MVE_CONV_DOT_W4(rounding)                                                               \
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
            "orr r4, r4, #1\n\t"                                                                   \
            "push {r0-r2, r4, r6, r8-r11}\n\t"                                                     \
            "mov r1, r8\n\t"                                                                       \
            "1:\n\t"                                                                               \
            "ldrd r9, r11, " TE_MVE_CONV_AT("sp", X_0) "\n\t"                                      \
            "ldr r7, " TE_MVE_CONV_AT("sp", ROUNDS) "\n\t"                                         \
            TE_MVE_CONV_BLOCK_W4("vmlav.s8")                                                       \
            "ldr pc, " TE_MVE_CONV_AT("sp", ENTER) "\n\t"                                          \
            ".balign 4\n\t"                                                                        \
            "2:\n\t"                                                                               \
            ".rept " TE_TEXT(TE_MVE_UNROLLED) "\n\t"                                               \
            TE_MVE_CONV_BLOCK_W4("vmlava.s8")                                                      \
            ".endr\n\t"                                                                            \
            "subs r7, r7, #1\n\t"                                                                  \
            "bne.w 2b\n\t"                                                                         \
            TE_MVE_CONV_SUMS_W4                                                                    \
            TE_MVE_CONV_REQUANTIZE("vqrdmulh", rounding)                                           \
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

TE_SHARED TE_NAKED void te_mve_conv_dot_w4_up(const te_mve_conv_block *block
                                              __attribute__((unused)))
{
    TE_MVE_CONV_DOT_W4("");
}

TE_SHARED TE_NAKED void te_mve_conv_dot_w4_signed(const te_mve_conv_block *block
                                                  __attribute__((unused)))
{
    TE_MVE_CONV_DOT_W4(TE_MVE_CONV_SIGNED);
}
/* clang-format on */

#else

/* The sums of two channels, a and b, of a window `x`. `bytes` are the first block of both. */
static inline void te_mve_conv_sums_w4(const int8_t *x, const int8_t *bytes, int32_t blocks,
                                       int32_t sums[2])
{
    int32_t a = 0;
    int32_t both = 0;
    for (int32_t i = 0; i < blocks * TE_MVE_TAPS; i++) {
        const int32_t byte = bytes[i / TE_MVE_TAPS * 2 * TE_MVE_TAPS + i % TE_MVE_TAPS];
        a += x[i] * (int8_t)(uint8_t)((uint32_t)byte << 4);
        both += x[i] * byte;
    }
    sums[0] = a >> 4;
    sums[1] = (both - sums[0]) >> 4;
}

/* All channels of a window; gives the place behind them. */
static inline int8_t *te_mve_conv_window_w4(const te_mve_conv_block *block, const int8_t *x,
                                            int32_t blocks, int8_t *out, te_mve_way way)
{
    const int32_t nbytes = blocks * TE_MVE_CHANNELS / 2 * TE_MVE_TAPS;
    for (const int32_t *record = block->weight; record != block->weight_end;) {
        const int32_t *const factors = record + nbytes / 4;
        int32_t sums[TE_MVE_CHANNELS];
        te_mve_conv_sums_w4(x, (const int8_t *)record, blocks, sums);
        te_mve_conv_sums_w4(x, (const int8_t *)record + TE_MVE_TAPS, blocks, sums + 2);
        for (int32_t i = 0; i < TE_MVE_CHANNELS; i++) {
            const int32_t rounded =
                te_mve_requantize(factors[i] + sums[i], factors[TE_MVE_CHANNELS + i],
                                  factors[2 * TE_MVE_CHANNELS + i], way);
            *out++ = (int8_t)te_clamp(rounded + block->zero_point, block->act_min, block->act_max);
        }
        record = factors + 3 * TE_MVE_CHANNELS;
    }
    return out;
}

/* Does what the assembly does. */
static inline void te_mve_conv_windows_w4(const te_mve_conv_block *block, te_mve_way way)
{
    const int32_t skipped = block->skipped_nbytes / TE_MVE_BLOCK_CODE;
    const int32_t blocks = 1 + block->rounds * TE_MVE_UNROLLED - skipped;
    int8_t *out_0 = block->out_0;
    int8_t *out_1 = block->out_1;
    for (int32_t i = 0; i < block->pairs; i++) {
        const int32_t at = i * block->x_step;
        out_0 = te_mve_conv_window_w4(block, block->x_0 + at, blocks, out_0, way);
        out_1 = te_mve_conv_window_w4(block, block->x_1 + at, blocks, out_1, way);
        out_0 += block->out_step;
        out_1 += block->out_step;
    }
}

TE_SHARED void te_mve_conv_dot_w4_up(const te_mve_conv_block *block)
{
    te_mve_conv_windows_w4(block, TE_MVE_TWICE_UP);
}

TE_SHARED void te_mve_conv_dot_w4_signed(const te_mve_conv_block *block)
{
    te_mve_conv_windows_w4(block, TE_MVE_TWICE_SIGNED);
}

#endif
