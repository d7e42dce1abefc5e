/* The loops of te_dsp_sparse.h for cores that issue two instructions at a time: 6 cycles for a tap of eight
 * pixels, and 4 for one of four.
 *
 * A tap begins with its weight and its first four pixels in registers; while they are multiplied, the
 * next tap's are loaded. Lines are cycles: what stands on one goes together.
 */
#ifndef TE_DSP_SPARSE_LOOPS_H
#define TE_DSP_SPARSE_LOOPS_H

/* clang-format off */
#define TE_SPARSE_AHEAD "add r12, r12, #2\n\t"

/* Multiplies a tap's weight `w`; the distance to the next tap is in `next`, where the next weight will
 * be. `last` loads to `w` the distance to the tap after it.
 */
#define TE_SPARSE_TAP_8(w, next, last)                                                             \
    "smlal r5, r6, " w ", r2\n\t"           "ldr.w r2, [lr, #8]\n\t"                               \
    "smlal r7, r8, " w ", r3\n\t"           "ldr.w r3, [lr, #12]\n\t"                              \
    "smlal r9, r10, " w ", r2\n\t"          "add.w lr, lr, " next ", lsl #4\n\t"                   \
    "smlal r11, r12, " w ", r3\n\t"         "ldrsb " next ", [r0], #2\n\t"                       \
    "ldr.w r2, [lr]\n\t"                    "ldr.w r3, [lr, #4]\n\t"                               \
    last
#define TE_SPARSE_NEXT_OF(w) "ldrb " w ", [r0, #-1]\n\t"

#define TE_SPARSE_NBYTES_8 "44"
#define TE_SPARSE_TAPS_8                                                                           \
    "str r3, " TE_SPARSE_AT(ENTER) "\n\t"                                                          \
    "add.w lr, lr, r4, lsl #4\n\t"                                                                 \
    "ldrsb r1, [r0], #2\n\t"                                                                     \
    "ldrb r4, [r0, #-1]\n\t"                                                                     \
    "ldr.w r2, [lr]\n\t"                    "ldr.w r3, [lr, #4]\n\t"                               \
    "ldr pc, " TE_SPARSE_AT(ENTER) "\n\t"                                                          \
    ".balign 8\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 3\n\t"                                                                                  \
    TE_SPARSE_TAP_8("r1", "r4", TE_SPARSE_NEXT_OF("r1"))                                           \
    TE_SPARSE_TAP_8("r4", "r1", TE_SPARSE_NEXT_OF("r4"))                                           \
    ".endr\n\t"                                                                                    \
    TE_SPARSE_TAP_8("r1", "r4", TE_SPARSE_NEXT_OF("r1"))                                           \
    TE_SPARSE_TAP_8("r4", "r1", "nop.w\n\t")                                                       \
    "2: ldr r4, " TE_SPARSE_AT(TAPS_END) "\n\t"                                                    \
    "cmp r0, r4\n\t"                                                                               \
    TE_SPARSE_NEXT_OF("r4")                                                                        \
    "bne.w 1b\n\t"                                                                                 \
    "subs r0, #2\n\t"

/* The same of four pixels; the distance to the next tap is in `next`, where that to the tap two
 * further will be.
 */
#define TE_SPARSE_TAP_4(w, w_next, next)                                                           \
    "smlal r5, r6, " w ", r2\n\t"           "add.w lr, lr, " next ", lsl #3\n\t"                   \
    "smlal r7, r8, " w ", r3\n\t"           "ldrsb " w_next ", [r0], #2\n\t"                     \
    "ldr.w r2, [lr]\n\t"                    "ldr.w r3, [lr, #4]\n\t"                               \
    "ldrb.w " next ", [r0, #1]\n\t"

#define TE_SPARSE_NBYTES_4 "28"
#define TE_SPARSE_TAPS_4                                                                           \
    "mov r11, r3\n\t"                                                                              \
    "add.w lr, lr, r4, lsl #3\n\t"                                                                 \
    "ldrsb r1, [r0], #2\n\t"                                                                     \
    "ldrb r9, [r0, #-1]\n\t"                                                                     \
    "ldrb.w r10, [r0, #1]\n\t"                                                                     \
    "ldr.w r2, [lr]\n\t"                    "ldr.w r3, [lr, #4]\n\t"                               \
    "bx r11\n\t"                                                                                   \
    ".balign 8\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 4\n\t"                                                                                  \
    TE_SPARSE_TAP_4("r1", "r4", "r9")                                                              \
    TE_SPARSE_TAP_4("r4", "r1", "r10")                                                             \
    ".endr\n\t"                                                                                    \
    "2: ldr r11, " TE_SPARSE_AT(TAPS_END) "\n\t"                                                   \
    "cmp r0, r11\n\t"                                                                              \
    "bne.w 1b\n\t"                                                                                 \
    "subs r0, #2\n\t"
/* clang-format on */

#endif
