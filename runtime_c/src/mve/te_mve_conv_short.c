/* Convolution for MVE: the dot products of short windows. */
#include "te_mve_conv_outputs.h"

#if TE_HAS_MVE

/* clang-format off */
/* One block of a short window, `at` bytes from the centre. */
#define TE_MVE_CONV_BLOCK_AT(op, at)                                                               \
    "vldrb.8 q1, [r9, #" at "]\n\t"                                                                \
    "vldrb.8 q0, [r1], #16\n\t" op " r0, q0, q1\n\t"                                               \
    "vldrb.8 q2, [r11, #" at "]\n\t" op " r8, q0, q2\n\t"                                          \
    "vldrb.8 q3, [r1], #16\n\t" op " r2, q3, q1\n\t"                                               \
    "vldrb.8 q0, [r1], #16\n\t" op " r10, q3, q2\n\t"                                              \
    "vldrb.8 q3, [r1], #16\n\t" op " r4, q0, q1\n\t"                                               \
    op " r12, q0, q2\n\t" op " r6, q3, q1\n\t" op " lr, q3, q2\n\t"

/* The same for short windows: 14 instructions for a block, and 22 around them. The centres of both
 * windows stay in r9 and r11, the end of the weights in r7.
 */
#define TE_MVE_CONV_DOT_SHORT(multiply, rounding)                                                  \
    __asm__("push {r4-r11, lr}\n\t"                                                                \
            "vpush {d8-d15}\n\t"                                                                   \
            "ldrd r2, r3, " TE_MVE_CONV_AT("r0", ZERO_POINT) "\n\t"                                \
            "ldrd r4, r7, " TE_MVE_CONV_AT("r0", ACT_MAX) "\n\t"                                   \
            "vdup.32 q5, r2\n\t"                                                                   \
            "vdup.32 q6, r3\n\t"                                                                   \
            "vdup.32 q7, r4\n\t"                                                                   \
            "ldrd r3, r5, " TE_MVE_CONV_AT("r0", OUT_0) "\n\t"                                     \
            "ldm r0, {r0-r2, r4, r6, r8-r11}\n\t"                                                  \
            "adr.w r12, 2f\n\t"                                                                    \
            "add r4, r4, r12\n\t"                                                                  \
            "orr r4, r4, #1\n\t"                                                                   \
            "push {r0-r2, r4, r6, r8-r11}\n\t"                                                     \
            "add r9, r0, r7\n\t"                                                                   \
            "add r11, r1, r7\n\t"                                                                  \
            "mov r1, r8\n\t"                                                                       \
            "mov r7, r6\n\t"                                                                       \
            "1:\n\t"                                                                               \
            TE_MVE_CONV_BLOCK_AT("vmlav.s8", "16")                                                 \
            "ldr pc, " TE_MVE_CONV_AT("sp", ENTER) "\n\t"                                          \
            ".balign 4\n\t"                                                                        \
            "2:\n\t"                                                                               \
            TE_MVE_CONV_BLOCK_AT("vmlava.s8", "-112")                                              \
            TE_MVE_CONV_BLOCK_AT("vmlava.s8", "-96")                                               \
            TE_MVE_CONV_BLOCK_AT("vmlava.s8", "-80")                                               \
            TE_MVE_CONV_BLOCK_AT("vmlava.s8", "-64")                                               \
            TE_MVE_CONV_BLOCK_AT("vmlava.s8", "-48")                                               \
            TE_MVE_CONV_BLOCK_AT("vmlava.s8", "-32")                                               \
            TE_MVE_CONV_BLOCK_AT("vmlava.s8", "-16")                                               \
            TE_MVE_CONV_BLOCK_AT("vmlava.s8", "0")                                                 \
            TE_MVE_CONV_OUTPUTS(multiply, rounding)                                                \
            "cmp r1, r7\n\t"                                                                       \
            "bne.w 1b\n\t"                                                                         \
            "ldrd r2, r4, " TE_MVE_CONV_AT("sp", PAIRS) "\n\t"                                     \
            "subs r2, r2, #1\n\t"                                                                  \
            "beq 4f\n\t"                                                                           \
            "str r2, " TE_MVE_CONV_AT("sp", PAIRS) "\n\t"                                          \
            "add r9, r9, r4\n\t"                                                                   \
            "add r11, r11, r4\n\t"                                                                 \
            "ldr r0, " TE_MVE_CONV_AT("sp", OUT_STEP) "\n\t"                                       \
            "add r3, r3, r0\n\t"                                                                   \
            "add r5, r5, r0\n\t"                                                                   \
            "ldr r1, " TE_MVE_CONV_AT("sp", WEIGHT) "\n\t"                                         \
            "b.w 1b\n\t"                                                                           \
            "4:\n\t"                                                                               \
            "add sp, sp, #" TE_TEXT(TE_MVE_CONV_BLOCK_OUT_0) "\n\t"                                \
            "vpop {d8-d15}\n\t"                                                                    \
            "pop {r4-r11, pc}")
/* clang-format on */

TE_SHARED TE_NAKED void te_mve_conv_short_up(const te_mve_conv_block *block __attribute__((unused)))
{
    TE_MVE_CONV_DOT_SHORT("vqrdmulh", "");
}

TE_SHARED TE_NAKED void te_mve_conv_short_signed(const te_mve_conv_block *block
                                                 __attribute__((unused)))
{
    TE_MVE_CONV_DOT_SHORT("vqrdmulh", TE_MVE_CONV_SIGNED);
}

/* Products are not rounded, but outputs, halves up. */
TE_SHARED TE_NAKED void te_mve_conv_short_once(const te_mve_conv_block *block
                                               __attribute__((unused)))
{
    TE_MVE_CONV_DOT_SHORT("vqdmulh", "");
}

#else

TE_SHARED void te_mve_conv_short_up(const te_mve_conv_block *block)
{
    te_mve_conv_dot(block, TE_MVE_TWICE_UP);
}

TE_SHARED void te_mve_conv_short_signed(const te_mve_conv_block *block)
{
    te_mve_conv_dot(block, TE_MVE_TWICE_SIGNED);
}

TE_SHARED void te_mve_conv_short_once(const te_mve_conv_block *block)
{
    te_mve_conv_dot(block, TE_MVE_ONCE);
}

#endif
