/* The dot product of te_dsp_product.h with int8 weights, for cores that issue one instruction at a
 * time.
 */
#ifndef TE_DSP_PRODUCT_LOOPS_H
#define TE_DSP_PRODUCT_LOOPS_H

#include "te_dsp_product_unrolled.h"

/* clang-format off */
/* Four pairs of taps of two outputs. The even bytes of weights are extended in their place, once
 * all of them are used.
 */
#define TE_PRODUCT_TWO_W8(a, b)                                                                    \
    "smlad " b ", r5, r1, " b "\n\t"                                                               \
    "sxtb16 r1, r1\n\t"                                                                            \
    "smlad " b ", r6, r2, " b "\n\t"                                                               \
    "sxtb16 r2, r2\n\t"                                                                            \
    "smlad " a ", r5, r1, " a "\n\t"                                                               \
    "smlad " b ", r7, r3, " b "\n\t"                                                               \
    "sxtb16 r3, r3\n\t"                                                                            \
    "smlad " a ", r6, r2, " a "\n\t"                                                               \
    "smlad " b ", r8, r4, " b "\n\t"                                                               \
    "sxtb16 r4, r4\n\t"                                                                            \
    "smlad " a ", r7, r3, " a "\n\t"                                                               \
    "smlad " a ", r8, r4, " a "\n\t"

/* Outputs of the scaled sums, whose factors are in r1 to r6, and the offset in r7. */
#define TE_PRODUCT_UP_W8(bits)                                                                     \
    "sub r10, r10, r9\n\t"                                                                         \
    "add r9, r1, r9, lsl #8\n\t"                                                                   \
    "sub r12, r12, r11\n\t"                                                                        \
    "add r11, r4, r11, lsl #8\n\t"                                                                 \
    "smmla r9, r9, r2, r7\n\t"                                                                     \
    "smmla r10, r10, r3, r7\n\t"                                                                   \
    "smmla r11, r11, r5, r7\n\t"                                                                   \
    "smmla r12, r12, r6, r7\n\t"                                                                   \
    TE_PRODUCT_SATURATE(bits)

/* A load that follows another takes one cycle where others take two: those of four pairs of the row and
 * the first weights stand together, 38 cycles for 32 MACs, and so do the factors, and what begins and
 * ends four outputs.
 */
TE_NAKED static void te_product_dot_w8(const te_product_row *row __attribute__((unused)))
{
    __asm__("push {r4-r11, lr}\n\t"
            "ldm r0, {r1-r5, r7, r8}\n\t"
            "mov r0, r1\n\t"
            "sub r9, r4, r3\n\t"
            "ubfx r9, r9, #4, #" TE_PRODUCT_UNROLLED_BITS "\n\t"
            "mov r10, #126\n\t"
            "adr.w r6, 2f + 1\n\t"
            "mls r6, r9, r10, r6\n\t"
            "adr.w r11, 6f + 1\n\t"
            "adr.w r12, 7f + 1\n\t"
            "push {r2-r12}\n\t"
            "4: mov r9, #0\n\t"
            "mov r11, #0\n\t"
            "ldr r10, [r0], #8\n\t"
            "ldr lr, " TE_PRODUCT_AT(X) "\n\t"
            "ldr r12, [r0, #-4]\n\t"
            "ldr pc, " TE_PRODUCT_AT(ENTER) "\n\t"
            ".balign 4\n\t"
            "1:\n\t"
            ".rept " TE_PRODUCT_UNROLLED "\n\t"
            "ldr r5, [lr], #16\n\t"
            "ldr.n r2, [r0, #4]\n\t"
            "ldr r6, [lr, #-12]\n\t"
            "ldr.n r3, [r0, #8]\n\t"
            "ldr r7, [lr, #-8]\n\t"
            "ldr.n r4, [r0, #12]\n\t"
            "ldr r8, [lr, #-4]\n\t"
            "ldr r1, [r0], #16\n\t"
            TE_PRODUCT_TWO_W8("r9", "r10")
            "ldm.w r0!, {r1-r4}\n\t"
            TE_PRODUCT_TWO_W8("r11", "r12")
            ".endr\n\t"
            "2: ldr r1, " TE_PRODUCT_AT(X_END) "\n\t"
            "cmp lr, r1\n\t"
            "bne.w 1b\n\t"
            "ldr r8, " TE_PRODUCT_AT(ROUNDING) "\n\t"
            "ldr r1, [r0], #24\n\t"
            "ldr r7, " TE_PRODUCT_AT(OFFSET) "\n\t"
            "ldr r2, [r0, #-20]\n\t"
            "ldr r3, [r0, #-16]\n\t"
            "ldr r4, [r0, #-12]\n\t"
            "ldr r5, [r0, #-8]\n\t"
            "ldr r6, [r0, #-4]\n\t"
            "ldr pc, [sp, r8]\n\t"
            "6: " TE_PRODUCT_UP_W8("8")
            "b 8f\n\t"
            "7: " TE_PRODUCT_UP_W8("12")
            TE_PRODUCT_STORE_AND_NEXT);
}
/* clang-format on */

#endif
