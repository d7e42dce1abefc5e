/* Lines of te_base_depthwise_line.h whose windows are two columns apart, in Thumb-2.
 *
 * Registers are those of te_base_depthwise_groups_t2.h. Without padding on the left a row begins with
 * the columns that two outputs see, with it, with those that one sees; then r0 goes on by one column.
 *
 * Instructions of a row of n outputs: 5 n + 4, between borders one more.
 */
#ifndef TE_BASE_DEPTHWISE_STRIDED_T2_H
#define TE_BASE_DEPTHWISE_STRIDED_T2_H

#include "te_base_depthwise_groups_t2.h"

/* clang-format off */
/* Every second column from r0 on. */
#define TE_LINE_AT_1 ""
#define TE_LINE_AT_2 ", r2, lsl #1"
#define TE_LINE_AT_3 ", r2, lsl #2"
#define TE_LINE_AT_4 ", r3, lsl #1"
#define TE_LINE_AT_5 ", r2, lsl #3"

/* A column that one output sees in its middle, and one that two outputs see. */
#define TE_LINE_ONE(MAC, at, a) TE_LINE_X(at) MAC(a, "r11")
#define TE_LINE_TWO(MAC, at, a, b) TE_LINE_X(at) MAC(b, "r10") TE_LINE_MLA(a, "r12")

#define TE_LINE_ONES_2(MAC) TE_LINE_ONE(MAC, TE_LINE_AT_1, "r5") TE_LINE_ONE(MAC, TE_LINE_AT_2, "r6")
#define TE_LINE_ONES_3(MAC) TE_LINE_ONES_2(MAC) TE_LINE_ONE(MAC, TE_LINE_AT_3, "r7")
#define TE_LINE_ONES_4(MAC) TE_LINE_ONES_3(MAC) TE_LINE_ONE(MAC, TE_LINE_AT_4, "r8")
#define TE_LINE_ONES_5(MAC) TE_LINE_ONES_4(MAC) TE_LINE_ONE(MAC, TE_LINE_AT_5, "r9")

/* Those between the outputs, behind the first one. */
#define TE_LINE_TWOS_2 TE_LINE_TWO(TE_LINE_MLA, TE_LINE_AT_1, "r5", "r6")
#define TE_LINE_TWOS_3 TE_LINE_TWOS_2 TE_LINE_TWO(TE_LINE_MLA, TE_LINE_AT_2, "r6", "r7")
#define TE_LINE_TWOS_4 TE_LINE_TWOS_3 TE_LINE_TWO(TE_LINE_MLA, TE_LINE_AT_3, "r7", "r8")
#define TE_LINE_TWOS_5 TE_LINE_TWOS_4 TE_LINE_TWO(TE_LINE_MLA, TE_LINE_AT_4, "r8", "r9")

/* The same where the first one is not padding. */
#define TE_LINE_HEADS_2(FIRST)                                                                     \
    TE_LINE_W TE_LINE_X("") FIRST("r5", "r10") TE_LINE_TWO(FIRST, TE_LINE_AT_2, "r5", "r6")
#define TE_LINE_HEADS_3(FIRST) TE_LINE_HEADS_2(FIRST) TE_LINE_TWO(FIRST, TE_LINE_AT_3, "r6", "r7")
#define TE_LINE_HEADS_4(FIRST) TE_LINE_HEADS_3(FIRST) TE_LINE_TWO(FIRST, TE_LINE_AT_4, "r7", "r8")
#define TE_LINE_HEADS_5(FIRST) TE_LINE_HEADS_4(FIRST) TE_LINE_TWO(FIRST, TE_LINE_AT_5, "r8", "r9")

/* Rows of `count` outputs by what stands at their ends. */
#define TE_LINE_ROW_RIGHT(FIRST, count, final)                                                     \
    TE_LINE_HEADS_##count(FIRST) TE_LINE_ON_BY("r2") TE_LINE_ONES_##count(TE_LINE_MLA)             \
    TE_LINE_PAD("r4", final, "r12")
#define TE_LINE_ROW_INNER(FIRST, count, final, at)                                                 \
    TE_LINE_HEADS_##count(FIRST) TE_LINE_CLOSE(at, final) TE_LINE_ON_BY("r2")                      \
    TE_LINE_ONES_##count(TE_LINE_MLA)
#define TE_LINE_ROW_OPENED(FIRST, count)                                                           \
    TE_LINE_W TE_LINE_ONES_##count(FIRST) TE_LINE_ON_BY("r2") TE_LINE_TWOS_##count                 \
    TE_LINE_PAD("r4", "r5", "r10")
#define TE_LINE_ROW_LEFT(FIRST, count, final)                                                      \
    TE_LINE_ROW_OPENED(FIRST, count) TE_LINE_CLOSE(TE_LINE_AT_##count, final)
#define TE_LINE_ROW_BOTH(FIRST, count, final)                                                      \
    TE_LINE_ROW_OPENED(FIRST, count) TE_LINE_PAD("r4", final, "r12")

#define TE_LINE_ROW_2_2_left(FIRST) TE_LINE_ROW_LEFT(FIRST, 2, "r6")
#define TE_LINE_ROW_2_2_right(FIRST) TE_LINE_ROW_RIGHT(FIRST, 2, "r6")
#define TE_LINE_ROW_2_2_both(FIRST) TE_LINE_ROW_BOTH(FIRST, 2, "r6")
#define TE_LINE_ROW_3_2_left(FIRST) TE_LINE_ROW_LEFT(FIRST, 3, "r7")
#define TE_LINE_ROW_3_2_right(FIRST) TE_LINE_ROW_RIGHT(FIRST, 3, "r7")
#define TE_LINE_ROW_3_2_both(FIRST) TE_LINE_ROW_BOTH(FIRST, 3, "r7")
#define TE_LINE_ROW_4_2_left(FIRST) TE_LINE_ROW_LEFT(FIRST, 4, "r8")
#define TE_LINE_ROW_4_2_right(FIRST) TE_LINE_ROW_RIGHT(FIRST, 4, "r8")
#define TE_LINE_ROW_4_2_both(FIRST) TE_LINE_ROW_BOTH(FIRST, 4, "r8")
#define TE_LINE_ROW_5_2_left(FIRST) TE_LINE_ROW_LEFT(FIRST, 5, "r9")
#define TE_LINE_ROW_5_2_right(FIRST) TE_LINE_ROW_RIGHT(FIRST, 5, "r9")
#define TE_LINE_ROW_5_2_both(FIRST) TE_LINE_ROW_BOTH(FIRST, 5, "r9")

#define TE_LINE_FIRST_ROW_4_2(FIRST) TE_LINE_ROW_LEFT(FIRST, 4, "r8")
#define TE_LINE_MIDDLE_ROW_4_2(FIRST) TE_LINE_ROW_INNER(FIRST, 4, "r8", TE_LINE_AT_5)
#define TE_LINE_LAST_ROW_4_2(FIRST) TE_LINE_ROW_RIGHT(FIRST, 4, "r8")
#define TE_LINE_FIRST_ROW_5_2(FIRST) TE_LINE_ROW_LEFT(FIRST, 5, "r9")
#define TE_LINE_MIDDLE_ROW_5_2(FIRST) TE_LINE_ROW_INNER(FIRST, 5, "r9", ", r4, lsl #1")
#define TE_LINE_LAST_ROW_5_2(FIRST) TE_LINE_ROW_RIGHT(FIRST, 5, "r9")
/* clang-format on */

#endif
