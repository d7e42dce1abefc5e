/* Loops of convolutions' dot products for cores that issue two instructions at a time.
 *
 * There a load goes with a multiplication, but not one of several registers, and what is loaded is
 * there for a multiplication two cycles later. So loops load ahead, one register at a time: each is
 * entered with the first pair of taps in registers, and what the last pair needs is multiplied
 * behind the loop. Lines are cycles: what stands on one goes together. The frame, the records and
 * the labels are those of te_dsp_conv_asm.h.
 */
#ifndef TE_DSP_CONV_DUAL_H
#define TE_DSP_CONV_DUAL_H

#include "te_dsp_conv_asm.h"

/* clang-format off */
/* Enters a loop of 16 pairs of taps, `bytes` of code each; it ends with x `ahead` bytes before its
 * end.
 */
#define TE_CONV_DUAL_ENTER(bytes, ahead)                                                           \
    TE_CONV_ENTER                                                                                  \
    "sub r6, r6, #" ahead "\n\t"                                                                   \
    "sub r10, r7, #1\n\t"                                                                          \
    "and r10, r10, #15\n\t"                                                                        \
    "mov r11, #" bytes "\n\t"                                                                      \
    "adr.w r7, 2f + 1\n\t"                                                                         \
    "mls r7, r10, r11, r7\n\t"                                                                     \
    TE_CONV_FRAME

/* Enters a loop of two pairs of taps at a time, `unrolled` pairs in all and `bytes` of code for
 * each pair; before it, where all but one are odd, label 3 for one of them.
 */
#define TE_CONV_DUAL_ENTER_PAIRS(unrolled, bytes)                                                  \
    TE_CONV_ENTER                                                                                  \
    "sub r7, r7, #1\n\t"                                                                           \
    "and r11, r7, #" unrolled " - 2\n\t"                                                           \
    "mov r10, #" bytes "\n\t"                                                                      \
    "adr.w r12, 2f + 1\n\t"                                                                        \
    "mls r12, r11, r10, r12\n\t"                                                                   \
    "tst r7, #1\n\t"                                                                               \
    "adr.w r7, 3f + 1\n\t"                                                                         \
    "it eq\n\t"                                                                                    \
    "moveq r7, r12\n\t"                                                                            \
    TE_CONV_FRAME

/* Goes back to 1 until x ends; `free` is a register. */
#define TE_CONV_DUAL_UNTIL_X_END(free)                                                             \
    "2: ldr.w " free ", " TE_CONV_AT(X_END) "\n\t"                                                 \
    "cmp.w lr, " free "\n\t"                                                                       \
    "bne.w 1b\n\t"

/* Saturates r5 to r8, whose products are on their way, and r9 to r12, whose products are the four
 * instructions that it is given; stores all as TE_CONV_STORE_4 does, and goes on as TE_CONV_NEXT.
 * `base` and `step` are free before the products of r9 to r12 are made, `step_3` and r4 after that.
 */
#define TE_CONV_DUAL_STORE_4(r9, r10, r11, r12, base, step, step_3, bits)                          \
    r9 "ldr " base ", " TE_CONV_AT(OUT) "\n\t"                                                     \
    "ssat r5, #8, r5, asr #" bits "\n\t" r10                                                       \
    "ssat r6, #8, r6, asr #" bits "\n\t" r11                                                       \
    "ssat r7, #8, r7, asr #" bits "\n\t" r12                                                       \
    "ldr " step ", " TE_CONV_AT(PIXEL_STEP) "\n\t"                                                 \
    "ldr " step_3 ", " TE_CONV_AT(PIXEL_STEP_3) "\n\t"                                             \
    "ssat r8, #8, r8, asr #" bits "\n\t"                                                           \
    "strb r5, [" base "]\n\t"                                                                      \
    "ldr r4, " TE_CONV_AT(CHANNEL_STEP) "\n\t"                                                     \
    "strb r6, [" base ", " step "]\n\t"                                                            \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "strb r7, [" base ", " step ", lsl #1]\n\t"                                                    \
    "ssat r10, #8, r10, asr #" bits "\n\t"                                                         \
    "strb r8, [" base ", " step_3 "]\n\t"                                                          \
    "add " base ", " base ", r4\n\t"                                                               \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "strb r9, [" base "]\n\t"                                                                      \
    "ssat r12, #8, r12, asr #" bits "\n\t"                                                         \
    "strb r10, [" base ", " step "]\n\t"                                                           \
    "ldr r5, " TE_CONV_AT(WEIGHT_END) "\n\t"                                                       \
    "strb r11, [" base ", " step ", lsl #1]\n\t"                                                   \
    "add r4, " base ", r4\n\t"                                                                     \
    "strb r12, [" base ", " step_3 "]\n\t"                                                         \
    "cmp r0, r5\n\t"                                                                               \
    "str r4, " TE_CONV_AT(OUT) "\n\t"                                                              \
    "bne.w 4b\n\t"                                                                                 \
    TE_CONV_LEAVE
/* clang-format on */

#endif
