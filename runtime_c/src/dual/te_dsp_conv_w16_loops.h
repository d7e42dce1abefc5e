/* The dot products of te_dsp_conv_w16.h for cores that issue two instructions at a time.
 *
 * Cycles for 16 MACs: 8, 8 and 10.
 */
#ifndef TE_DSP_CONV_W16_LOOPS_H
#define TE_DSP_CONV_W16_LOOPS_H

#include "te_dsp_conv_dual.h"

/* clang-format off */
/* Requantizes and stores four pixels: multiplier and offset of a in r3, r2; r0 is before those of b.
 */
#define TE_CONV_DUAL_UP_4(bits)                                                                    \
    "ldr.w r1, [r0, #8]\n\t"  "smmla r5, r5, r3, r2\n\t"                                           \
    "ldr.w r4, [r0, #12]\n\t" "smmla r6, r6, r3, r2\n\t"                                           \
    "add r0, r0, #16\n\t"   "smmla r7, r7, r3, r2\n\t"                                           \
    "smmla r8, r8, r3, r2\n\t"                                                                     \
    TE_CONV_DUAL_STORE_4("smmla r9, r9, r1, r4\n\t", "smmla r10, r10, r1, r4\n\t",                 \
                         "smmla r11, r11, r1, r4\n\t", "smmla r12, r12, r1, r4\n\t",               \
                         "r2", "r3", "r1", bits)

/* Four pixels: sums of a in r5 to r8, of b in r9 to r12; weights in r1, r2, pixels in turn in r3, r4.
 */
TE_NAKED static void te_conv_dot_4_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DUAL_ENTER("56", "12")
            "4: ldr.w lr, " TE_CONV_AT(X) "\n\t"
            "ldr.w r5, [r0], #4\n\t"
            "ldr.w r9, [r0], #4\n\t"       "mov r6, r5\n\t"
            "ldr.w r1, [r0], #4\n\t"       "mov r7, r5\n\t"
            "ldr.w r3, [lr], #4\n\t"       "mov r8, r5\n\t"
            "ldr.w r2, [r0], #4\n\t"       "mov r10, r9\n\t"
            "mov r11, r9\n\t"              "mov r12, r9\n\t"
            "ldr.w pc, " TE_CONV_AT(ENTER) "\n\t"
            ".balign 8\n\t"
            "1:\n\t"
            ".rept 16\n\t"
            "ldr.w r4, [lr], #4\n\t"       "smlad r5, r3, r1, r5\n\t"
            "smlad r9, r3, r2, r9\n\t"
            "ldr.w r3, [lr], #4\n\t"       "smlad r6, r4, r1, r6\n\t"
            "smlad r10, r4, r2, r10\n\t"
            "ldr.w r4, [lr], #4\n\t"       "smlad r7, r3, r1, r7\n\t"
            "smlad r11, r3, r2, r11\n\t"   "ldr.w r3, [lr], #4\n\t"
            "smlad r8, r4, r1, r8\n\t"     "ldr.w r1, [r0], #4\n\t"
            "smlad r12, r4, r2, r12\n\t"   "ldr.w r2, [r0], #4\n\t"
            ".endr\n\t"
            TE_CONV_DUAL_UNTIL_X_END("r4")
            "ldr.w r4, [lr], #4\n\t"       "smlad r5, r3, r1, r5\n\t"
            "smlad r9, r3, r2, r9\n\t"
            "ldr.w r3, [lr], #4\n\t"       "smlad r6, r4, r1, r6\n\t"
            "smlad r10, r4, r2, r10\n\t"
            "ldr.w r4, [lr], #4\n\t"       "smlad r7, r3, r1, r7\n\t"
            "smlad r11, r3, r2, r11\n\t"   "ldr.w r3, [r0, #4]\n\t"
            "smlad r8, r4, r1, r8\n\t"     "ldr.w r1, [r0], #4\n\t"
            "smlad r12, r4, r2, r12\n\t"   "ldr.w r2, [r0, #4]\n\t"
            "ldr.w pc, [sp, r1]\n\t"
            "7:" TE_CONV_DUAL_UP_4("13")
            "6:" TE_CONV_DUAL_UP_4("10")
            "5:" TE_CONV_SIGNED_4
            TE_CONV_STORE_4
            TE_CONV_NEXT);
}

/* Two pixels: sums of a in r9, r10, of b in r11, r12; weights and pixels of two pairs of taps in turn
 * in r1, r2, r5, r6 and r3, r4, r7, r8.
 */
TE_NAKED static void te_conv_dot_2_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DUAL_ENTER_PAIRS("8", "32")
            "4: ldr.w lr, " TE_CONV_AT(X) "\n\t"
            "ldr.w r9, [r0], #4\n\t"
            "ldr.w r11, [r0], #4\n\t"      "mov r10, r9\n\t"
            "ldr.w r1, [r0], #4\n\t"       "mov r12, r11\n\t"
            "ldr.w r5, [lr], #4\n\t"
            "ldr.w r2, [r0], #4\n\t"
            "ldr.w r6, [lr], #4\n\t"
            "ldr.w pc, " TE_CONV_AT(ENTER) "\n\t"
            "3:\n\t"
            "smlad r9, r5, r1, r9\n\t"
            "smlad r11, r5, r2, r11\n\t"   "ldr.w r5, [lr], #4\n\t"
            "smlad r10, r6, r1, r10\n\t"   "ldr.w r1, [r0], #4\n\t"
            "smlad r12, r6, r2, r12\n\t"   "ldr.w r6, [lr], #4\n\t"
            "ldr.w r2, [r0], #4\n\t"
            "ldr.w pc, " TE_CONV_AT(ENTER_NEXT) "\n\t"
            ".balign 8\n\t"
            "1:\n\t"
            ".rept 4\n\t"
            "ldr.w r3, [r0], #4\n\t"       "smlad r9, r5, r1, r9\n\t"
            "ldr.w r4, [r0], #4\n\t"       "smlad r10, r6, r1, r10\n\t"
            "ldr.w r7, [lr], #4\n\t"       "smlad r12, r6, r2, r12\n\t"
            "ldr.w r8, [lr], #4\n\t"       "smlad r11, r5, r2, r11\n\t"
            "ldr.w r1, [r0], #4\n\t"       "smlad r9, r7, r3, r9\n\t"
            "ldr.w r2, [r0], #4\n\t"       "smlad r10, r8, r3, r10\n\t"
            "ldr.w r5, [lr], #4\n\t"       "smlad r12, r8, r4, r12\n\t"
            "ldr.w r6, [lr], #4\n\t"       "smlad r11, r7, r4, r11\n\t"
            ".endr\n\t"
            TE_CONV_DUAL_UNTIL_X_END("r3")
            "smlad r9, r5, r1, r9\n\t"
            "smlad r10, r6, r1, r10\n\t"
            "smlad r12, r6, r2, r12\n\t"
            "smlad r11, r5, r2, r11\n\t"
            TE_CONV_REQUANTIZE_2
            TE_CONV_STORE_2
            TE_CONV_NEXT);
}

/* One pixel: sums in r9 and r11; weights and pixel of two pairs of taps in turn in r1, r2, r5 and
 * r3, r4, r6; x_end in r10. Of six loads one takes two registers: there are four multiplications.
 */
TE_NAKED static void te_conv_dot_1_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DUAL_ENTER_PAIRS("16", "18")
            "mov r10, r6\n\t"
            "4: ldr.w lr, " TE_CONV_AT(X) "\n\t"
            "ldrd r9, r11, [r0], #8\n\t"
            "ldrd r1, r2, [r0], #8\n\t"
            "ldr.w r5, [lr], #4\n\t"
            "ldr.w pc, " TE_CONV_AT(ENTER) "\n\t"
            "3:\n\t"
            "smlad r9, r5, r1, r9\n\t"     "ldr.w r1, [r0], #4\n\t"
            "smlad r11, r5, r2, r11\n\t"   "ldr.w r5, [lr], #4\n\t"
            "ldr.w r2, [r0], #4\n\t"
            "ldr.w pc, " TE_CONV_AT(ENTER_NEXT) "\n\t"
            ".balign 8\n\t"
            "1:\n\t"
            ".rept 8\n\t"
            "ldrd r3, r4, [r0], #8\n\t"
            "ldr.w r6, [lr], #4\n\t"       "smlad r9, r5, r1, r9\n\t"
            "smlad r11, r5, r2, r11\n\t"   "ldr.w r5, [lr], #4\n\t"
            "ldr.w r1, [r0], #4\n\t"       "smlad r9, r6, r3, r9\n\t"
            "ldr.w r2, [r0], #4\n\t"       "smlad r11, r6, r4, r11\n\t"
            ".endr\n\t"
            "2: cmp lr, r10\n\t"
            "bne 1b\n\t"
            "smlad r9, r5, r1, r9\n\t"
            "smlad r11, r5, r2, r11\n\t"
            TE_CONV_REQUANTIZE_1
            TE_CONV_STORE_1
            TE_CONV_NEXT);
}
/* clang-format on */

#endif
