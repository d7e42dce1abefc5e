/* What te_dsp_winograd_expand.h is made of for cores that issue two instructions at a time: lines are
 * cycles.
 */
#ifndef TE_DSP_WINOGRAD_EXPAND_LOOPS_H
#define TE_DSP_WINOGRAD_EXPAND_LOOPS_H

/* clang-format off */
/* To the next two columns of the row at `row`, whose pixels are r3 bytes apart; to another row. */
#define TE_WINOGRAD_STEP(row) "add " row ", " row ", r3, lsl #1\n\t"
#define TE_WINOGRAD_GO(row, place) "ldr " row ", [sp, #" place "]\n\t"

/* B' x of two columns to `c` and `c_2`; `half` chooses bytes. Words of the first are in r8, r9; r1 and
 * r2 then go on, and those of the next are loaded.
 */
#define TE_WINOGRAD_SUM(c, c_2, half, then, then_2)                                                \
    "sxtb16 r8, r8" half "\n\t" "ldr r10, [r1, r3]\n\t"                                            \
    "ldr r11, [r2, r3]\n\t"                                                                        \
    "sxtab16 " c ", r8, r9" half "\n\t" then                                                       \
    "sxtb16 r10, r10" half "\n\t" then_2                                                           \
    "ldr r8, [r1]\n\t"                                                                             \
    "sxtab16 " c_2 ", r10, r11" half "\n\t" "ldr r9, [r2]\n\t"
#define TE_WINOGRAD_DIFFERENCE(c, c_2, half, then, then_2)                                         \
    "sxtb16 r8, r8" half "\n\t" "ldr r10, [r1, r3]\n\t"                                            \
    "sxtb16 r9, r9" half "\n\t" "ldr r11, [r2, r3]\n\t"                                            \
    "ssub16 " c ", r8, r9\n\t" then                                                                \
    "sxtb16 r10, r10" half "\n\t" then_2                                                           \
    "sxtb16 r11, r11" half "\n\t" "ldr r8, [r1]\n\t"                                               \
    "ssub16 " c_2 ", r10, r11\n\t" "ldr r9, [r2]\n\t"

/* B of a row of B' x, columns `c` to `c_3`: columns 1, 2 and 3 are stored at r0 and r12 bytes apart,
 * column 0 at lr.
 */
#define TE_WINOGRAD_STORE_4(c, c_1, c_2, c_3)                                                      \
    "ssub16 r10, " c_2 ", " c_1 "\n\t"                                                             \
    "ssub16 r11, " c_1 ", " c_3 "\n\t" "str r10, [r0, r12]\n\t"                                    \
    "ssub16 r10, " c ", " c_2 "\n\t" "str r11, [r0, r12, lsl #1]\n\t"                              \
    "sadd16 r11, " c_1 ", " c_2 "\n\t" "str r10, [lr], #4\n\t"                                     \
    "str r11, [r0], #4\n\t"

/* A row of V of both tiles, from the rows of x that TE_WINOGRAD_FIRST or the row before went to; the
 * next ones stand at `next` and `next_2` in the frame.
 */
#define TE_WINOGRAD_FIRST(place, place_2)                                                          \
    TE_WINOGRAD_GO("r1", place) TE_WINOGRAD_GO("r2", place_2)                                      \
    "ldr r8, [r1]\n\t" "ldr r9, [r2]\n\t"
#define TE_WINOGRAD_ROW(place, place_2, combine, half, next, next_2)                               \
    combine("r4", "r5", half, TE_WINOGRAD_STEP("r1"), TE_WINOGRAD_STEP("r2"))                      \
    combine("r6", "r7", half, TE_WINOGRAD_STEP("r1"), TE_WINOGRAD_STEP("r2"))                      \
    TE_WINOGRAD_STORE_4("r4", "r5", "r6", "r7")                                                    \
    combine("r4", "r5", half, TE_WINOGRAD_GO("r1", next), TE_WINOGRAD_GO("r2", next_2))            \
    TE_WINOGRAD_STORE_4("r6", "r7", "r4", "r5")
/* clang-format on */

#endif
