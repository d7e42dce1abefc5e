/* The dot product of te_dsp_product.h with int8 weights, for cores that issue one instruction at a
 * time.
 */
#ifndef TE_DSP_PRODUCT_LOOPS_H
#define TE_DSP_PRODUCT_LOOPS_H

/* clang-format off */
/* Four pairs of taps of two outputs. The even bytes of weights are extended in their place, once
 * all of them are used, and some instructions before they are.
 */
#define TE_PRODUCT_QUAD_W8(a, b)                                                                   \
    "ldm.w r0!, {r1-r4}\n\t"                                                                       \
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

TE_NAKED static void te_product_dot_w8(const te_product_row *row __attribute__((unused)))
{
    __asm__(TE_PRODUCT_DOT(TE_PRODUCT_START_W8,
                           TE_PRODUCT_QUAD_W8("r9", "r10") TE_PRODUCT_QUAD_W8("r11", "r12"), "108",
                           TE_PRODUCT_REQUANTIZE_W8));
}
/* clang-format on */

#endif
