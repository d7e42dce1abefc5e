/* The dot products of te_dsp_conv_w16.h for cores that issue two instructions at a time.
 *
 * Cycles for 16 MACs: 8, 8 and 10.
 */
#ifndef TE_DSP_CONV_W16_LOOPS_H
#define TE_DSP_CONV_W16_LOOPS_H

#include "te_dsp_conv_dual.h"

/* clang-format off */
/* Requantizes and stores four pixels but for what stands at 4 or, behind the last record, at 9; the
 * multiplier of a in r3, r0 behind it.
 */
#define TE_CONV_DUAL_UP_4(bits)                                                                    \
    "ldr.w lr, [r0], #4\n\t"                    "smmla r5, r5, r3, lr\n\t"                         \
    "ldr.w r1, [r0], #4\n\t"                    "smmla r6, r6, r3, lr\n\t"                         \
    "smmla r7, r7, r3, lr\n\t"                  "ldr.w r2, [r0], #4\n\t"                           \
    "ssat r5, #8, r5, asr #" bits "\n\t"        "smmla r8, r8, r3, lr\n\t"                         \
    "ssat r6, #8, r6, asr #" bits "\n\t"        "ldr.w r4, " TE_CONV_AT(OUT) "\n\t"                \
    "ssat r7, #8, r7, asr #" bits "\n\t"        "smmla r12, r12, r1, r2\n\t"                       \
    "ssat r8, #8, r8, asr #" bits "\n\t"        "strb.w r5, [r4]\n\t"                              \
    "ldr.w r3, " TE_CONV_AT(PIXEL_STEP) "\n\t"  "smmla r9, r9, r1, r2\n\t"                         \
    "ldr.w lr, " TE_CONV_AT(PIXEL_STEP_3) "\n\t" "smmla r10, r10, r1, r2\n\t"                      \
    "ldr.w r5, " TE_CONV_AT(CHANNEL_STEP) "\n\t" "smmla r11, r11, r1, r2\n\t"                      \
    "ssat r12, #8, r12, asr #" bits "\n\t"      "strb.w r6, [r4, r3]\n\t"                          \
    "ssat r9, #8, r9, asr #" bits "\n\t"        "strb.w r7, [r4, r3, lsl #1]\n\t"                  \
    "strb.w r8, [r4, lr]\n\t"                   "add.w r4, r4, r5\n\t"                             \
    "ssat r10, #8, r10, asr #" bits "\n\t"      "ldr.w r8, " TE_CONV_AT(WEIGHT_END) "\n\t"         \
    "ssat r11, #8, r11, asr #" bits "\n\t"      "strb.w r12, [r4, lr]\n\t"                         \
    "ldr.w lr, " TE_CONV_AT(X) "\n\t"           "cmp r0, r8\n\t"                                   \
    "add.w r5, r4, r5\n\t"                      "bne.w 4b\n\t"                                     \
    "b.w 9f\n\t"

/* The same by TE_CONV_SIGNED. */
#define TE_CONV_DUAL_SIGNED_4                                                                      \
    "ldr.w lr, [r0], #4\n\t"                    "smmlar r4, r5, r3, lr\n\t"                        \
    "smmlar r2, r6, r3, lr\n\t"                 "ldr.w r1, [r0], #4\n\t"                           \
    "add.w r5, r4, r5, asr #31\n\t"             "smmlar r4, r7, r3, lr\n\t"                        \
    "add.w r6, r2, r6, asr #31\n\t"             "smmlar r2, r8, r3, lr\n\t"                        \
    "ldr.w r3, [r0], #4\n\t"                    "add.w r7, r4, r7, asr #31\n\t"                    \
    "add.w r8, r2, r8, asr #31\n\t"             "ldr.w lr, [r0], #4\n\t"                           \
    "asr.w r5, r5, r1\n\t"                      "asr.w r6, r6, r1\n\t"                             \
    "asr.w r7, r7, r1\n\t"                      "smmlar r4, r9, r3, lr\n\t"                        \
    "asr.w r8, r8, r1\n\t"                      "smmlar r1, r10, r3, lr\n\t"                       \
    "add.w r9, r4, r9, asr #31\n\t"             "smmlar r4, r11, r3, lr\n\t"                       \
    "add.w r10, r1, r10, asr #31\n\t"           "smmlar r1, r12, r3, lr\n\t"                       \
    "ssat r5, #8, r5\n\t"                       "add.w r11, r4, r11, asr #31\n\t"                  \
    "ssat r6, #8, r6\n\t"                       "ldr.w r2, [r0], #4\n\t"                           \
    "ssat r7, #8, r7\n\t"                       "add.w r12, r1, r12, asr #31\n\t"                  \
    "ssat r8, #8, r8\n\t"                       "ldr.w r4, " TE_CONV_AT(OUT) "\n\t"                \
    "asr.w r12, r12, r2\n\t"                    "ldr.w r3, " TE_CONV_AT(PIXEL_STEP) "\n\t"         \
    "ldr.w lr, " TE_CONV_AT(PIXEL_STEP_3) "\n\t" "strb.w r5, [r4]\n\t"                             \
    "ldr.w r5, " TE_CONV_AT(CHANNEL_STEP) "\n\t" "strb.w r6, [r4, r3]\n\t"                         \
    "ssat r12, #8, r12\n\t"                     "strb.w r7, [r4, r3, lsl #1]\n\t"                  \
    "strb.w r8, [r4, lr]\n\t"                   "asr.w r9, r9, r2\n\t"                             \
    "asr.w r10, r10, r2\n\t"                    "asr.w r11, r11, r2\n\t"                           \
    "ssat r9, #8, r9\n\t"                       "add.w r4, r4, r5\n\t"                             \
    "ssat r10, #8, r10\n\t"                     "ldr.w r8, " TE_CONV_AT(WEIGHT_END) "\n\t"         \
    "ssat r11, #8, r11\n\t"                     "strb.w r12, [r4, lr]\n\t"                         \
    "ldr.w lr, " TE_CONV_AT(X) "\n\t"           "cmp r0, r8\n\t"                                   \
    "add.w r5, r4, r5\n\t"                      "bne.w 4b\n\t"                                     \
    "b.w 9f\n\t"

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* Four pixels: sums of a in r5 to r8, of b in r9 to r12; weights in r1, r2, pixels in turn in r3
 * and r4. The first pair of taps, at 8, makes the sums; the loop is two pixels of a pair ahead. So
 * there are two pairs at least.
 */
TE_NAKED static void te_conv_dot_4_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_ENTER
            "sub r6, r6, #4\n\t"
            "sub r10, r7, #2\n\t"
            "and r10, r10, #15\n\t"
            "mov r11, #56\n\t"
            "adr.w r7, 2f + 1\n\t"
            "mls r7, r10, r11, r7\n\t"
            TE_CONV_FRAME
            "ldr.w lr, " TE_CONV_AT(X) "\n\t"
            "ldr.w r8, [r0], #4\n\t"
            "ldr.w r12, [r0], #4\n\t"
            "ldr.w r1, [r0], #4\n\t"
            "ldr.w r3, [lr], #4\n\t"
            "ldr.w r2, [r0], #4\n\t"
            "b.w 8f\n\t"
            "4:\n\t"
            "ldr.w r8, [r0], #4\n\t"                    "strb.w r10, [r4, r3]\n\t"
            "ldr.w r12, [r0], #4\n\t"                   "strb.w r11, [r4, r3, lsl #1]\n\t"
            "ldr.w r1, [r0], #4\n\t"                    "strb.w r9, [r4]\n\t"
            "ldr.w r3, [lr], #4\n\t"                    "str.w r5, " TE_CONV_AT(OUT) "\n\t"
            "ldr.w r2, [r0], #4\n\t"
            "8:\n\t"
            "ldr.w r4, [lr], #4\n\t"                    "smlad r5, r3, r1, r8\n\t"
            "smlad r9, r3, r2, r12\n\t"                 "ldr.w r3, [lr], #4\n\t"
            "smlad r6, r4, r1, r8\n\t"
            "smlad r10, r4, r2, r12\n\t"                "ldr.w r4, [lr], #4\n\t"
            "smlad r7, r3, r1, r8\n\t"
            "smlad r11, r3, r2, r12\n\t"                "ldr.w r3, [lr], #4\n\t"
            "smlad r8, r4, r1, r8\n\t"                  "ldr.w r1, [r0], #4\n\t"
            "smlad r12, r4, r2, r12\n\t"                "ldr.w r2, [r0], #4\n\t"
            "ldr.w r4, [lr], #4\n\t"                    "smlad r5, r3, r1, r5\n\t"
            "smlad r9, r3, r2, r9\n\t"                  "ldr.w r3, [lr], #4\n\t"
            "smlad r6, r4, r1, r6\n\t"
            "smlad r10, r4, r2, r10\n\t"                "ldr.w pc, " TE_CONV_AT(ENTER) "\n\t"
            ".balign 8\n\t"
            "1:\n\t"
            ".rept 16\n\t"
            "ldr.w r4, [lr], #4\n\t"                    "smlad r7, r3, r1, r7\n\t"
            "smlad r11, r3, r2, r11\n\t"                "ldr.w r3, [lr], #4\n\t"
            "smlad r8, r4, r1, r8\n\t"                  "ldr.w r1, [r0], #4\n\t"
            "smlad r12, r4, r2, r12\n\t"                "ldr.w r2, [r0], #4\n\t"
            "ldr.w r4, [lr], #4\n\t"                    "smlad r5, r3, r1, r5\n\t"
            "smlad r9, r3, r2, r9\n\t"                  "ldr.w r3, [lr], #4\n\t"
            "smlad r6, r4, r1, r6\n\t"
            "smlad r10, r4, r2, r10\n\t"
            ".endr\n\t"
            TE_CONV_DUAL_UNTIL_X_END("r4")
            "ldr.w r4, [lr]\n\t"                        "smlad r7, r3, r1, r7\n\t"
            "smlad r11, r3, r2, r11\n\t"                "ldr.w lr, [r0], #4\n\t"
            "smlad r8, r4, r1, r8\n\t"                  "ldr.w r3, [r0], #4\n\t"
            "smlad r12, r4, r2, r12\n\t"                "ldr.w pc, [sp, lr]\n\t"
            "7:" TE_CONV_DUAL_UP_4("13")
            "6:" TE_CONV_DUAL_UP_4("10")
            "5:" TE_CONV_DUAL_SIGNED_4
            "9: strb.w r9, [r4]\n\t"
            "strb.w r10, [r4, r3]\n\t"
            "strb.w r11, [r4, r3, lsl #1]\n\t"
            TE_CONV_LEAVE);
}

#pragma GCC diagnostic pop

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
