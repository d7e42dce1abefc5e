/* The loops of te_dsp_sparse.h for cores that issue one instruction at a time: 11 instructions for a tap
 * of eight pixels, and 7 for one of four.
 */
#ifndef TE_DSP_SPARSE_LOOPS_H
#define TE_DSP_SPARSE_LOOPS_H

/* clang-format off */
#define TE_SPARSE_AHEAD ""

/* Goes back to 1 until the taps of a channel end. */
#define TE_SPARSE_UNTIL_END                                                                        \
    "2: ldr r1, " TE_SPARSE_AT(TAPS_END) "\n\t"                                                    \
    "cmp r0, r1\n\t"                                                                               \
    "bne.w 1b\n\t"

/* Goes to a tap, `shift` of whose bytes of x are from one to the next, and loads its weight, the
 * distance to the next one, and the first four pixels.
 */
#define TE_SPARSE_TAP(shift)                                                                       \
    "add.w lr, lr, r4, lsl #" shift "\n\t"                                                         \
    "ldrsb r1, [r0], #1\n\t"                                                                     \
    "ldr.w r2, [lr]\n\t"                                                                           \
    "ldrb r4, [r0], #1\n\t"                                                                      \
    "ldr.w r3, [lr, #4]\n\t"                                                                       \
    "smlal r5, r6, r1, r2\n\t"                                                                     \
    "smlal r7, r8, r1, r3\n\t"

#define TE_SPARSE_NBYTES_8 "44"
#define TE_SPARSE_TAPS_8                                                                           \
    "bx r3\n\t"                                                                                    \
    ".balign 4\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 8\n\t"                                                                                  \
    TE_SPARSE_TAP("4")                                                                             \
    "ldr.w r2, [lr, #8]\n\t"                                                                       \
    "ldr.w r3, [lr, #12]\n\t"                                                                      \
    "smlal r9, r10, r1, r2\n\t"                                                                    \
    "smlal r11, r12, r1, r3\n\t"                                                                   \
    ".endr\n\t"                                                                                    \
    TE_SPARSE_UNTIL_END

#define TE_SPARSE_NBYTES_4 "28"
#define TE_SPARSE_TAPS_4                                                                           \
    "bx r3\n\t"                                                                                    \
    ".balign 4\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 8\n\t"                                                                                  \
    TE_SPARSE_TAP("3")                                                                             \
    ".endr\n\t"                                                                                    \
    TE_SPARSE_UNTIL_END
/* clang-format on */

#endif
