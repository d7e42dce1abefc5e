/* What te_dsp_winograd_expand.h is made of for cores that issue one instruction at a time. */
#ifndef TE_DSP_WINOGRAD_EXPAND_LOOPS_H
#define TE_DSP_WINOGRAD_EXPAND_LOOPS_H

/* clang-format off */
/* B' x of two columns: of words r8, r9 and r10, r11 to `c` and `c_2`; `half` chooses bytes. */
#define TE_WINOGRAD_SUM(c, c_2, half)                                                              \
    "sxtb16 r8, r8" half "\n\t"                                                                    \
    "sxtb16 r10, r10" half "\n\t"                                                                  \
    "sxtab16 " c ", r8, r9" half "\n\t"                                                            \
    "sxtab16 " c_2 ", r10, r11" half "\n\t"
#define TE_WINOGRAD_DIFFERENCE(c, c_2, half)                                                       \
    "sxtb16 r8, r8" half "\n\t"                                                                    \
    "sxtb16 r9, r9" half "\n\t"                                                                    \
    "sxtb16 r10, r10" half "\n\t"                                                                  \
    "sxtb16 r11, r11" half "\n\t"                                                                  \
    "ssub16 " c ", r8, r9\n\t"                                                                     \
    "ssub16 " c_2 ", r10, r11\n\t"

/* Loads two columns of the rows at r1 and r2, whose pixels are r3 bytes apart. */
#define TE_WINOGRAD_LOAD_2                                                                         \
    "ldr r8, [r1]\n\t"                                                                             \
    "ldr r9, [r2]\n\t"                                                                             \
    "ldr r10, [r1, r3]\n\t"                                                                        \
    "ldr r11, [r2, r3]\n\t"
#define TE_WINOGRAD_STEP_2                                                                         \
    "add r1, r1, r3, lsl #1\n\t"                                                                   \
    "add r2, r2, r3, lsl #1\n\t"

/* B of a row of B' x, columns `c` to `c_3`: columns 1, 2 and 3 are stored at r0 and r12 bytes apart,
 * column 0 at lr.
 */
#define TE_WINOGRAD_STORE_4(c, c_1, c_2, c_3)                                                      \
    "ssub16 r9, " c_2 ", " c_1 "\n\t"                                                              \
    "ssub16 r10, " c_1 ", " c_3 "\n\t"                                                             \
    "str r9, [r0, r12]\n\t"                                                                        \
    "ssub16 r11, " c ", " c_2 "\n\t"                                                               \
    "str r10, [r0, r12, lsl #1]\n\t"                                                               \
    "sadd16 r8, " c_1 ", " c_2 "\n\t"                                                              \
    "str r11, [lr], #4\n\t"                                                                        \
    "str r8, [r0], #4\n\t"

/* A row of V of both tiles, from the rows of x that stand at `place` and `place_2` in the frame; the next
 * ones stand at `next` and `next_2`, which is of no matter here.
 */
#define TE_WINOGRAD_FIRST(place, place_2)
#define TE_WINOGRAD_ROW(place, place_2, combine, half, next, next_2)                               \
    "ldr r1, [sp, #" place "]\n\t"                                                                 \
    "ldr r2, [sp, #" place_2 "]\n\t"                                                               \
    TE_WINOGRAD_LOAD_2                                                                             \
    TE_WINOGRAD_STEP_2                                                                             \
    combine("r4", "r5", half)                                                                      \
    TE_WINOGRAD_LOAD_2                                                                             \
    TE_WINOGRAD_STEP_2                                                                             \
    combine("r6", "r7", half)                                                                      \
    TE_WINOGRAD_STORE_4("r4", "r5", "r6", "r7")                                                    \
    TE_WINOGRAD_LOAD_2                                                                             \
    combine("r4", "r5", half)                                                                      \
    TE_WINOGRAD_STORE_4("r6", "r7", "r4", "r5")

/* clang-format on */

#endif
