/* Convolution for MVE: the dot products of windows of any length. */
#include "te_mve_conv_outputs.h"

#if TE_HAS_MVE

/* clang-format off */
/* One block: weights of four channels from r1, taps from r9 and r11. Loads stand between products, which
 * have another pipeline: 18 cycles on a Cortex-M55, in which the products alone take 16.
 */
#define TE_MVE_CONV_BLOCK(op)                                                                      \
    "vldrb.8 q1, [r9], #16\n\t"                                                                    \
    "vldrb.8 q0, [r1], #16\n\t" op " r0, q0, q1\n\t"                                               \
    "vldrb.8 q2, [r11], #16\n\t" op " r8, q0, q2\n\t"                                              \
    "vldrb.8 q3, [r1], #16\n\t" op " r2, q3, q1\n\t"                                               \
    "vldrb.8 q0, [r1], #16\n\t" op " r10, q3, q2\n\t"                                              \
    "vldrb.8 q3, [r1], #16\n\t" op " r4, q0, q1\n\t"                                               \
    op " r12, q0, q2\n\t" op " r6, q3, q1\n\t" op " lr, q3, q2\n\t"

#define TE_MVE_CONV_ADD_BLOCK TE_MVE_CONV_BLOCK("vmlava.s8")

/* 14 instructions for a block, 2 for every eight behind the first, and 27 around them. Sums are in
 * r0, r2, r4, r6 and r8, r10, r12, lr; r3, r5 are where to store, r7 counts; q5 to q7 are the
 * output's zero point and clamp. The frame is the block's first nine members, with where to enter
 * the loop as the fourth.
 */
#define TE_MVE_CONV_DOT(multiply, rounding)                                                        \
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
            TE_MVE_CONV_OUTPUTS(multiply, rounding)                                                \
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
TE_SHARED TE_NAKED void te_mve_conv_dot_up(const te_mve_conv_block *block __attribute__((unused)))
{
    TE_MVE_CONV_DOT("vqrdmulh", "");
}

TE_SHARED TE_NAKED void te_mve_conv_dot_signed(const te_mve_conv_block *block __attribute__((unused)))
{
    TE_MVE_CONV_DOT("vqrdmulh", TE_MVE_CONV_SIGNED);
}

/* Products are not rounded, but outputs, halves up. */
TE_SHARED TE_NAKED void te_mve_conv_dot_once(const te_mve_conv_block *block __attribute__((unused)))
{
    TE_MVE_CONV_DOT("vqdmulh", "");
}

#else

TE_SHARED void te_mve_conv_dot_up(const te_mve_conv_block *block)
{
    te_mve_conv_dot(block, TE_MVE_TWICE_UP);
}

TE_SHARED void te_mve_conv_dot_signed(const te_mve_conv_block *block)
{
    te_mve_conv_dot(block, TE_MVE_TWICE_SIGNED);
}

TE_SHARED void te_mve_conv_dot_once(const te_mve_conv_block *block)
{
    te_mve_conv_dot(block, TE_MVE_ONCE);
}

#endif
