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
/* clang-format on */

#endif
