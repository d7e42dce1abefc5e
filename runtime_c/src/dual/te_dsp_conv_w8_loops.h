/* The dot products of te_dsp_conv_w8.h for cores that issue two instructions at a time.
 *
 * Cycles for 16 MACs: 8, 8 and 10.
 */
#ifndef TE_DSP_CONV_W8_LOOPS_H
#define TE_DSP_CONV_W8_LOOPS_H

#include "te_dsp_conv_dual.h"

/* clang-format off */
/* Channels a and b of all records come first, then c and d: `pair_step` further in the output. */
#define TE_CONV_DUAL_FRAME                                                                         \
    "add r12, r12, r1\n\t"                                                                         \
    "push {r0, lr}\n\t"                                                                            \
    "push {r1-r12}\n\t"

/* Enters a loop of two pairs of taps at a time, those in the mask `unrolled` of which there are,
 * as TE_CONV_DUAL_ENTER_PAIRS does; `scale` takes the code bytes of lr pairs from r11, to lr.
 */
#define TE_CONV_DUAL_PAIRS(unrolled, scale)                                                        \
    TE_CONV_FOURS_ENTER                                                                            \
    "sub r7, r7, #1\n\t"                                                                           \
    "and lr, r7, #" unrolled "\n\t"                                                                \
    "adr.w r11, 2f + 1\n\t"                                                                        \
    scale                                                                                          \
    "tst r7, #1\n\t"                                                                               \
    "adr.w r7, 3f + 1\n\t"                                                                         \
    "it eq\n\t"                                                                                    \
    "moveq r7, lr\n\t"                                                                             \
    TE_CONV_DUAL_FRAME

/* Goes on at `start` with c and d, and else leaves. */
#define TE_CONV_DUAL_AGAIN(start)                                                                  \
    "ldr r1, " TE_CONV_FOURS_AT(AGAIN_2) "\n\t"                                                    \
    "ldr r0, " TE_CONV_FOURS_AT(WEIGHT) "\n\t"                                                     \
    "ldr r2, " TE_CONV_AT(WEIGHT_END) "\n\t"                                                       \
    "movs r3, #0\n\t"                                                                              \
    "cbz r1, 9f\n\t"                                                                               \
    "str r3, " TE_CONV_FOURS_AT(AGAIN_2) "\n\t"                                                    \
    "adds r0, #4\n\t"                                                                              \
    "adds r2, #4\n\t"                                                                              \
    "str r1, " TE_CONV_AT(OUT) "\n\t"                                                              \
    "str r2, " TE_CONV_AT(WEIGHT_END) "\n\t"                                                       \
    "b.w " start "\n\t"                                                                            \
    "9:" TE_CONV_FOURS_LEAVE

/* Stores the first outputs of four pixels while it saturates the others, those of a in r5, r6 done;
 * what is left stands at 4 or, behind the last record, at 3. OUT in r4, steps in r3, lr.
 */
#define TE_CONV_DUAL_STORE_4(bits)                                                                 \
    "ldr.w r2, " TE_CONV_AT(PIXEL_STEP_3) "\n\t" "strb.w r5, [r4]\n\t"                             \
    "ssat r8, #8, r8, asr #" bits "\n\t"        "strb.w r6, [r4, r3]\n\t"                          \
    "ssat r7, #8, r7, asr #" bits "\n\t"        "strb.w r8, [r4, r2]\n\t"                          \
    "ssat r11, #8, r11, asr #" bits "\n\t"      "add.w r5, r4, lr, lsl #2\n\t"                     \
    "ssat r12, #8, r12, asr #" bits "\n\t"      "add.w r8, r4, lr\n\t"                             \
    "ssat r9, #8, r9, asr #" bits "\n\t"        "ldr.w r6, " TE_CONV_AT(WEIGHT_END) "\n\t"         \
    "ssat r10, #8, r10, asr #" bits "\n\t"      "ldr.w r1, " TE_CONV_FOURS_AT(AGAIN) "\n\t"        \
    "ldr.w lr, " TE_CONV_AT(X) "\n\t"           "strb.w r12, [r8, r2]\n\t"                         \
    "cmp r0, r6\n\t"                            "strb.w r7, [r4, r1]\n\t"                          \
    "strb.w r11, [r8, r1]\n\t"                  "bne.w 4b\n\t"                                     \
    "b.w 3f\n\t"

/* Requantizes and stores four pixels: the multiplier of b in r3, the bias of a in lr, its multiplier
 * before r0; of b only the last sum is not yet apart.
 */
#define TE_CONV_DUAL_UP_4(bits)                                                                    \
    "sub r12, r12, r8\n\t"                      "ldr r1, [r0, #-16]\n\t"                           \
    "ldr.w r2, " TE_CONV_FOURS_AT(OFFSET) "\n\t" "add.w r5, lr, r5, lsl #8\n\t"                    \
    "add.w r6, lr, r6, lsl #8\n\t"              "smmla r5, r5, r1, r2\n\t"                         \
    "add.w r8, lr, r8, lsl #8\n\t"              "smmla r6, r6, r1, r2\n\t"                         \
    "add.w r7, lr, r7, lsl #8\n\t"              "smmla r9, r9, r3, r2\n\t"                         \
    "smmla r10, r10, r3, r2\n\t"                "ldr.w r4, " TE_CONV_AT(OUT) "\n\t"                \
    "smmla r11, r11, r3, r2\n\t"                "ldr.w lr, " TE_CONV_AT(CHANNEL_STEP) "\n\t"       \
    "smmla r12, r12, r3, r2\n\t"                "ldr.w r3, " TE_CONV_AT(PIXEL_STEP) "\n\t"         \
    "ssat r5, #8, r5, asr #" bits "\n\t"        "smmla r8, r8, r1, r2\n\t"                         \
    "ssat r6, #8, r6, asr #" bits "\n\t"        "smmla r7, r7, r1, r2\n\t"                         \
    TE_CONV_DUAL_STORE_4(bits)

/* The same of two pixels, and of one. */
#define TE_CONV_DUAL_UP_2(bits)                                                                    \
    "smmla r9, r9, r2, r4\n\t"             "ldr r5, " TE_CONV_AT(WEIGHT_END) "\n\t"                \
    "smmla r10, r10, r2, r4\n\t"           "ldr r1, " TE_CONV_AT(OUT) "\n\t"                       \
    "smmla r11, r11, r3, r4\n\t"           "ldr r6, " TE_CONV_AT(PIXEL_STEP) "\n\t"                \
    "ssat r9, #8, r9, asr #" bits "\n\t"   "smmla r12, r12, r3, r4\n\t"                            \
    "ssat r10, #8, r10, asr #" bits "\n\t" "ldr r7, " TE_CONV_AT(CHANNEL_STEP) "\n\t"              \
    "ssat r11, #8, r11, asr #" bits "\n\t" "strb r9, [r1]\n\t"                                     \
    "add r8, r1, r7, lsl #2\n\t"           "strb r10, [r1, r6]\n\t"                                \
    "add r1, r1, r7\n\t"                   "str r8, " TE_CONV_AT(OUT) "\n\t"                       \
    "ssat r12, #8, r12, asr #" bits "\n\t" "strb r11, [r1]\n\t"                                    \
    "strb r12, [r1, r6]\n\t"               "cmp r0, r5\n\t"                                        \
    "bne.w 4b\n\t"                                                                                 \
    "b.w 8f\n\t"

#define TE_CONV_DUAL_UP_1(bits)                                                                    \
    "smmla r9, r9, r2, r4\n\t" "ldr r5, " TE_CONV_AT(WEIGHT_END) "\n\t"                            \
    "smmla r11, r11, r3, r4\n\t" "ldr r1, " TE_CONV_AT(OUT) "\n\t"                                 \
    "ldr r6, " TE_CONV_AT(CHANNEL_STEP) "\n\t" "cmp r0, r5\n\t"                                    \
    "ssat r9, #8, r9, asr #" bits "\n\t" "add r5, r1, r6, lsl #2\n\t"                              \
    "ssat r11, #8, r11, asr #" bits "\n\t" "strb r9, [r1]\n\t"                                     \
    "strb r11, [r1, r6]\n\t"                                                                       \
    "str r5, " TE_CONV_AT(OUT) "\n\t"                                                              \
    "bne.w 4b\n\t"                                                                                 \
    "b.w 8f\n\t"

/* The same by TE_CONV_SIGNED. */
#define TE_CONV_SIGNED_4                                                                           \
    "ldr.w r2, " TE_CONV_FOURS_AT(OFFSET) "\n\t" "mov r1, r9\n\t"                                  \
    "lsl.w r2, r2, r1\n\t"                      "asr.w r9, r9, #7\n\t"                             \
    "smmlar r4, r9, r3, r2\n\t"                 "asr.w r10, r10, #7\n\t"                           \
    "asr.w r11, r11, #7\n\t"                    "sub r12, r12, r8\n\t"                             \
    "add.w r9, r4, r9, asr #31\n\t"             "smmlar r4, r10, r3, r2\n\t"                       \
    "asr.w r12, r12, #7\n\t"                    "add.w r6, lr, r6, lsl #8\n\t"                     \
    "add.w r10, r4, r10, asr #31\n\t"           "smmlar r4, r11, r3, r2\n\t"                       \
    "add.w r5, lr, r5, lsl #8\n\t"              "asr.w r6, r6, #7\n\t"                             \
    "add.w r11, r4, r11, asr #31\n\t"           "smmlar r4, r12, r3, r2\n\t"                       \
    "ldr.w r2, " TE_CONV_FOURS_AT(OFFSET) "\n\t" "asr.w r9, r9, r1\n\t"                            \
    "add.w r12, r4, r12, asr #31\n\t"           "ldr r4, [r0, #-16]\n\t"                           \
    "lsl.w r2, r2, lr\n\t"                      "asr.w r10, r10, r1\n\t"                           \
    "asr.w r11, r11, r1\n\t"                    "asr.w r12, r12, r1\n\t"                           \
    "asr.w r5, r5, #7\n\t"                      "smmlar r3, r6, r4, r2\n\t"                        \
    "add.w r8, lr, r8, lsl #8\n\t"              "smmlar r1, r5, r4, r2\n\t"                        \
    "add.w r7, lr, r7, lsl #8\n\t"              "asr.w r8, r8, #7\n\t"                             \
    "add.w r6, r3, r6, asr #31\n\t"             "smmlar r3, r8, r4, r2\n\t"                        \
    "add.w r5, r1, r5, asr #31\n\t"             "asr.w r7, r7, #7\n\t"                             \
    "smmlar r1, r7, r4, r2\n\t"                 "add.w r8, r3, r8, asr #31\n\t"                    \
    "asr.w r5, r5, lr\n\t"                      "asr.w r6, r6, lr\n\t"                             \
    "add.w r7, r1, r7, asr #31\n\t"             "asr.w r8, r8, lr\n\t"                             \
    "ssat r5, #8, r5, asr #1\n\t"               "asr.w r7, r7, lr\n\t"                             \
    "ssat r6, #8, r6, asr #1\n\t"               "ldr.w r4, " TE_CONV_AT(OUT) "\n\t"                \
    "ldr.w r3, " TE_CONV_AT(PIXEL_STEP) "\n\t"  "ldr.w lr, " TE_CONV_AT(CHANNEL_STEP) "\n\t"       \
    TE_CONV_DUAL_STORE_4("1")

/* Two pixels or one by TE_CONV_SIGNED: the multipliers of a and b in r2, r3, the offset in r4. */
#define TE_CONV_SIGNED_2                                                                           \
    "lsl.w lr, r4, r1\n\t"                      "asr.w r9, r9, #7\n\t"                             \
    "asr.w r10, r10, #7\n\t"                    "smmlar r4, r9, r2, lr\n\t"                        \
    "smmlar r7, r10, r2, lr\n\t"                "mov r5, r11\n\t"                                  \
    "ldr r6, " TE_CONV_FOURS_AT(OFFSET) "\n\t"  "add.w r9, r4, r9, asr #31\n\t"                    \
    "lsl.w r6, r6, r5\n\t"                      "add.w r10, r7, r10, asr #31\n\t"                  \
    "asr.w r11, r11, #7\n\t"                    "smmlar r4, r11, r3, r6\n\t"                       \
    "asr.w r12, r12, #7\n\t"                    "smmlar r7, r12, r3, r6\n\t"                       \
    "asr.w r9, r9, r1\n\t"                      "add.w r11, r4, r11, asr #31\n\t"                  \
    "asr.w r10, r10, r1\n\t"                    "add.w r12, r7, r12, asr #31\n\t"                  \
    "ssat r9, #8, r9, asr #1\n\t"               "ldr r1, " TE_CONV_AT(OUT) "\n\t"                  \
    "ssat r10, #8, r10, asr #1\n\t"             "ldr r3, " TE_CONV_AT(CHANNEL_STEP) "\n\t"         \
    "asr.w r11, r11, r5\n\t"                    "asr.w r12, r12, r5\n\t"                           \
    "ldr r2, " TE_CONV_AT(PIXEL_STEP) "\n\t"    "add.w r4, r1, r3, lsl #2\n\t"                     \
    "ssat r11, #8, r11, asr #1\n\t"             "strb.w r9, [r1]\n\t"                              \
    "ssat r12, #8, r12, asr #1\n\t"             "strb.w r10, [r1, r2]\n\t"                         \
    "add.w r1, r1, r3\n\t"                      "str.w r4, " TE_CONV_AT(OUT) "\n\t"                \
    "ldr r8, " TE_CONV_AT(WEIGHT_END) "\n\t"    "strb.w r11, [r1]\n\t"                             \
    "cmp r0, r8\n\t"                            "strb.w r12, [r1, r2]\n\t"                         \
    "bne.w 4b\n\t"

#define TE_CONV_SIGNED_1                                                                           \
    "mov r5, r11\n\t"                           "ldr r6, " TE_CONV_FOURS_AT(OFFSET) "\n\t"         \
    "lsl.w r6, r6, r5\n\t"                      "asr.w r11, r11, #7\n\t"                           \
    "smmlar r7, r11, r3, r6\n\t"                "lsl.w lr, r4, r1\n\t"                             \
    "asr.w r9, r9, #7\n\t"                      "smmlar r4, r9, r2, lr\n\t"                        \
    "add.w r11, r7, r11, asr #31\n\t"           "ldr r2, " TE_CONV_AT(OUT) "\n\t"                  \
    "asr.w r11, r11, r5\n\t"                    "add.w r9, r4, r9, asr #31\n\t"                    \
    "asr.w r9, r9, r1\n\t"                      "ldr r3, " TE_CONV_AT(CHANNEL_STEP) "\n\t"         \
    "ssat r11, #8, r11, asr #1\n\t"             "ldr r8, " TE_CONV_AT(WEIGHT_END) "\n\t"           \
    "ssat r9, #8, r9, asr #1\n\t"               "strb.w r11, [r2, r3]\n\t"                         \
    "add.w r3, r2, r3, lsl #2\n\t"              "strb.w r9, [r2]\n\t"                              \
    "cmp r0, r8\n\t"                            "str.w r3, " TE_CONV_AT(OUT) "\n\t"                \
    "bne.w 4b\n\t"

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* Four pixels: sums of a in r5 to r8, of b in r9 to r12; weights in r1, r2, pixels in turn in r3
 * and r4. The first pair of taps, at 8, makes the sums; the loop is one multiplication ahead, that
 * of b with the first pixel. So there are two pairs at least.
 */
TE_NAKED static void te_conv_dot_4_w8(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_FOURS_ENTER
            "sub lr, r7, #2\n\t"
            "and lr, lr, #31\n\t"
            "adr.w r7, 2f + 1\n\t"
            "rsb lr, lr, lr, lsl #3\n\t"
            "sub r6, r6, #8\n\t"
            "sub r7, r7, lr, lsl #3\n\t"
            TE_CONV_DUAL_FRAME
            "0: ldr lr, " TE_CONV_AT(X) "\n\t"
            "ldr r12, [r0], #8\n\t"
            "ldr r2, [r0], #8\n\t"
            "ldr r3, [lr], #4\n\t"
            "ldr r4, [lr], #4\n\t"
            "b.w 8f\n\t"
            "4:\n\t"
            "strb.w r10, [r8, r3]\n\t"                  "ldr.w r12, [r0], #8\n\t"
            "ldr.w r3, [lr], #4\n\t"                    "str.w r5, " TE_CONV_AT(OUT) "\n\t"
            "strb.w r9, [r8]\n\t"                       "ldr.w r2, [r0], #8\n\t"
            "ldr.w r4, [lr], #4\n\t"
            "8:\n\t"
            "sxtb16 r1, r2\n\t"                         "smlad r9, r3, r2, r12\n\t"
            "smuad r5, r3, r1\n\t"                      "ldr.w r3, [lr], #4\n\t"
            "smlad r10, r4, r2, r12\n\t"
            "smuad r6, r4, r1\n\t"                      "ldr.w r4, [lr], #4\n\t"
            "smlad r11, r3, r2, r12\n\t"
            "smuad r7, r3, r1\n\t"                      "ldr.w r3, [lr], #4\n\t"
            "smlad r12, r4, r2, r12\n\t"                "ldr.w r2, [r0], #8\n\t"
            "smuad r8, r4, r1\n\t"                      "ldr.w r4, [lr], #4\n\t"
            "smlad r9, r3, r2, r9\n\t"                  "ldr.w pc, " TE_CONV_AT(ENTER) "\n\t"
            ".balign 8\n\t"
            "1:\n\t"
            ".rept 32\n\t"
            "sxtb16 r1, r2\n\t"                         "smlad r10, r4, r2, r10\n\t"
            "smlad r5, r3, r1, r5\n\t"                  "ldr.w r3, [lr], #4\n\t"
            "smlad r6, r4, r1, r6\n\t"                  "ldr.w r4, [lr], #4\n\t"
            "smlad r11, r3, r2, r11\n\t"
            "smlad r7, r3, r1, r7\n\t"                  "ldr.w r3, [lr], #4\n\t"
            "smlad r12, r4, r2, r12\n\t"                "ldr.w r2, [r0], #8\n\t"
            "smlad r8, r4, r1, r8\n\t"                  "ldr.w r4, [lr], #4\n\t"
            "smlad r9, r3, r2, r9\n\t"
            ".endr\n\t"
            TE_CONV_DUAL_UNTIL_X_END("r1")
            "sxtb16 r1, r2\n\t"                         "smlad r10, r4, r2, r10\n\t"
            "smlad r5, r3, r1, r5\n\t"                  "ldr.w r3, [lr]\n\t"
            "smlad r6, r4, r1, r6\n\t"                  "ldr.w r4, [lr, #4]\n\t"
            "smlad r11, r3, r2, r11\n\t"                "ldr.w lr, [r0], #24\n\t"
            "smlad r7, r3, r1, r7\n\t"                  "sub r9, r9, r5\n\t"
            "smlad r12, r4, r2, r12\n\t"                "sub r10, r10, r6\n\t"
            "smlad r8, r4, r1, r8\n\t"                  "ldr r3, [r0, #-8]\n\t"
            "sub r11, r11, r7\n\t"                      "ldr.w pc, " TE_CONV_FOURS_AT(REQUANTIZE) "\n\t"
            "7:" TE_CONV_DUAL_UP_4("12")
            "6:" TE_CONV_DUAL_UP_4("8")
            "5:" TE_CONV_SIGNED_4
            "3: strb.w r10, [r8, r3]\n\t"
            "strb.w r9, [r8]\n\t"
            TE_CONV_DUAL_AGAIN("0b"));
}

#pragma GCC diagnostic pop

/* Two pixels: sums of a in r9, r10, of b in r11, r12; weights and pixels of two pairs of taps in turn
 * in r1, r2, r5, r6 and r3, r4, r7, r8.
 */
TE_NAKED static void te_conv_dot_2_w8(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DUAL_PAIRS("6", "sub lr, r11, lr, lsl #5\n\t")
            "4: ldr lr, " TE_CONV_AT(X) "\n\t"
            "ldr r11, [r0], #8\n\t"        "mov r9, #0\n\t"
            "ldr r2, [r0], #8\n\t"         "mov r10, #0\n\t"
            "ldr r5, [lr], #4\n\t"         "mov r12, r11\n\t"
            "sxtb16 r1, r2\n\t"            "ldr r6, [lr], #4\n\t"
            "ldr pc, " TE_CONV_AT(ENTER) "\n\t"
            "3:\n\t"
            "smlad r11, r5, r2, r11\n\t"
            "smlad r9, r5, r1, r9\n\t"     "ldr r5, [lr], #4\n\t"
            "smlad r12, r6, r2, r12\n\t"   "ldr r2, [r0], #8\n\t"
            "smlad r10, r6, r1, r10\n\t"   "ldr r6, [lr], #4\n\t"
            "sxtb16 r1, r2\n\t"            "ldr pc, " TE_CONV_FOURS_AT(ENTER_NEXT) "\n\t"
            ".balign 8\n\t"
            "1:\n\t"
            ".rept 4\n\t"
            "ldr.w r4, [r0], #8\n\t"       "smlad r11, r5, r2, r11\n\t"
            "ldr.w r7, [lr], #4\n\t"       "smlad r12, r6, r2, r12\n\t"
            "ldr.w r8, [lr], #4\n\t"       "smlad r9, r5, r1, r9\n\t"
            "sxtb16 r3, r4\n\t"            "smlad r10, r6, r1, r10\n\t"
            "ldr.w r2, [r0], #8\n\t"       "smlad r11, r7, r4, r11\n\t"
            "ldr.w r5, [lr], #4\n\t"       "smlad r12, r8, r4, r12\n\t"
            "ldr.w r6, [lr], #4\n\t"       "smlad r9, r7, r3, r9\n\t"
            "sxtb16 r1, r2\n\t"            "smlad r10, r8, r3, r10\n\t"
            ".endr\n\t"
            TE_CONV_DUAL_UNTIL_X_END("r3")
            "smlad r9, r5, r1, r9\n\t"     "ldr r3, [r0, #16]\n\t"
            "smlad r10, r6, r1, r10\n\t"
            "smlad r11, r5, r2, r11\n\t"   "ldr r1, [r0], #24\n\t"
            "smlad r12, r6, r2, r12\n\t"   "ldr r2, [r0, #-16]\n\t"
            "sub r11, r11, r9\n\t"         "add r9, r1, r9, lsl #8\n\t"
            "sub r12, r12, r10\n\t"        "add r10, r1, r10, lsl #8\n\t"
            "ldr r4, " TE_CONV_FOURS_AT(OFFSET) "\n\t"
            "ldr pc, " TE_CONV_FOURS_AT(REQUANTIZE) "\n\t"
            "7:" TE_CONV_DUAL_UP_2("12")
            "6:" TE_CONV_DUAL_UP_2("8")
            "5:" TE_CONV_SIGNED_2
            "8:" TE_CONV_DUAL_AGAIN("4b"));
}

/* One pixel: sums in r9 and r11; weights and pixel of two pairs of taps in turn in r1, r2, r5 and
 * r3, r4, r6; x_end in r10.
 */
TE_NAKED static void te_conv_dot_1_w8(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DUAL_PAIRS("14", "add lr, lr, lr, lsl #2\n\t" "sub lr, r11, lr, lsl #2\n\t")
            "mov r10, r6\n\t"
            "4: ldr lr, " TE_CONV_AT(X) "\n\t"
            "ldr r11, [r0], #8\n\t"        "mov r9, #0\n\t"
            "ldr r2, [r0], #8\n\t"
            "ldr r5, [lr], #4\n\t"
            "sxtb16 r1, r2\n\t"            "ldr pc, " TE_CONV_AT(ENTER) "\n\t"
            "3:\n\t"
            "smlad r11, r5, r2, r11\n\t"   "ldr r2, [r0], #8\n\t"
            "smlad r9, r5, r1, r9\n\t"     "ldr r5, [lr], #4\n\t"
            "sxtb16 r1, r2\n\t"            "ldr pc, " TE_CONV_FOURS_AT(ENTER_NEXT) "\n\t"
            ".balign 8\n\t"
            "1:\n\t"
            ".rept 8\n\t"
            "ldr.w r4, [r0], #8\n\t"       "smlad r11, r5, r2, r11\n\t"
            "ldr.w r6, [lr], #4\n\t"       "smlad r9, r5, r1, r9\n\t"
            "sxtb16 r3, r4\n\t"            "ldr.w r2, [r0], #8\n\t"
            "ldr.w r5, [lr], #4\n\t"       "smlad r11, r6, r4, r11\n\t"
            "sxtb16 r1, r2\n\t"            "smlad r9, r6, r3, r9\n\t"
            ".endr\n\t"
            "2: cmp lr, r10\n\t"
            "bne 1b\n\t"
            "smlad r9, r5, r1, r9\n\t"     "ldr r3, [r0, #16]\n\t"
            "smlad r11, r5, r2, r11\n\t"   "ldr r1, [r0], #24\n\t"
            "ldr r2, [r0, #-16]\n\t"
            "sub r11, r11, r9\n\t"         "add r9, r1, r9, lsl #8\n\t"
            "ldr r4, " TE_CONV_FOURS_AT(OFFSET) "\n\t"
            "ldr pc, " TE_CONV_FOURS_AT(REQUANTIZE) "\n\t"
            "7:" TE_CONV_DUAL_UP_1("12")
            "6:" TE_CONV_DUAL_UP_1("8")
            "5:" TE_CONV_SIGNED_1
            "8:" TE_CONV_DUAL_AGAIN("4b"));
}
/* clang-format on */

#endif
