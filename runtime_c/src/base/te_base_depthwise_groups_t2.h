/* Lines of te_base_depthwise_line.h in groups of 5 or 6 outputs in Thumb-2.
 *
 * The registers are those of te_base_depthwise_line_t2.h; in groups between the first and the last one
 * r3 is three pixel steps and r4, for five outputs, five of them. The last group may overlap the one
 * before. Behind the sums r2, lr, r10 and r11 come from the stack.
 *
 * Instructions of a row between borders: 25 of five outputs, 30 of six; of a group beyond its rows 44
 * and 51.
 */
#ifndef TE_BASE_DEPTHWISE_GROUPS_T2_H
#define TE_BASE_DEPTHWISE_GROUPS_T2_H

#include "te_base_depthwise_line_t2.h"

/* On the stack, behind what single lines have there. */
#define TE_LINE_FIRST 52
#define TE_LINE_GROUP 60
#define TE_LINE_LAST 68
#define TE_LINE_NEXT_ROW_1 76
#define TE_LINE_NEXT_ROW_2 80
#define TE_LINE_STEPS 84
#define TE_LINE_MIDDLE 92
#define TE_LINE_LEFT_GROUPS 96 /* in the struct the entries are from there on */
#define TE_LINE_ENTRIES 96
#define TE_LINE_ENTRY_MIDDLE 100
#define TE_LINE_ENTRY_LAST 104
#define TE_LINE_ENTRY_SECOND 108
#define TE_LINE_MULTIPLIER 112
#define TE_LINE_PRODUCT 120
#define TE_LINE_GROUPS_NBYTES 128

TE_HOLD(te_depthwise_line, first, TE_LINE_FIRST);
TE_HOLD(te_depthwise_line, next, TE_LINE_GROUP);
TE_HOLD(te_depthwise_line, last, TE_LINE_LAST);
TE_HOLD(te_depthwise_line, next_row, TE_LINE_NEXT_ROW_1);
TE_HOLD(te_depthwise_line, steps, TE_LINE_STEPS);
TE_HOLD(te_depthwise_line, middle, TE_LINE_MIDDLE);
TE_HOLD(te_depthwise_line, entries, TE_LINE_ENTRIES);

/* clang-format off */
/* The first column of a group without padding on the left: one or two outputs see it and the next. */
#define TE_LINE_OPEN(FIRST, a, b)                                                                  \
    TE_LINE_W TE_LINE_X("") FIRST(a, "r10")                                                        \
    TE_LINE_X(", r2") FIRST(b, "r10") TE_LINE_MLA(a, "r11")
/* The last but one and the last one without padding on the right. */
#define TE_LINE_CLOSE_2(at, a, b) TE_LINE_X(at) TE_LINE_MLA(b, "r11") TE_LINE_MLA(a, "r12")
#define TE_LINE_CLOSE(at, b) TE_LINE_X(at) TE_LINE_MLA(b, "r12")
#define TE_LINE_ON_BY(step) "add r0, r0, " step "\n\t"

#define TE_LINE_FIRST_ROW_5(FIRST)                                                                 \
    TE_LINE_LEFT(FIRST, "r4", "r5", "r6")                                                          \
    TE_LINE_COLUMN(FIRST, ", r2", "r5", "r6", "r7")                                                \
    TE_LINE_COLUMN(FIRST, ", r2, lsl #1", "r6", "r7", "r8")                                        \
    TE_LINE_COLUMN(FIRST, ", r3", "r7", "r8", "r9")                                                \
    TE_LINE_CLOSE_2(", r2, lsl #2", "r8", "r9") TE_LINE_ON_BY("r2")                                \
    TE_LINE_CLOSE(", r2, lsl #2", "r9")
#define TE_LINE_MIDDLE_ROW_5(FIRST)                                                                \
    TE_LINE_OPEN(FIRST, "r5", "r6")                                                                \
    TE_LINE_COLUMN(FIRST, ", r2, lsl #1", "r5", "r6", "r7")                                        \
    TE_LINE_COLUMN(FIRST, ", r3", "r6", "r7", "r8")                                                \
    TE_LINE_COLUMN(FIRST, ", r2, lsl #2", "r7", "r8", "r9")                                        \
    TE_LINE_CLOSE_2(", r4", "r8", "r9") TE_LINE_CLOSE(", r3, lsl #1", "r9")
#define TE_LINE_LAST_ROW_5(FIRST)                                                                  \
    TE_LINE_OPEN(FIRST, "r5", "r6")                                                                \
    TE_LINE_COLUMN(FIRST, ", r2, lsl #1", "r5", "r6", "r7")                                        \
    TE_LINE_COLUMN(FIRST, ", r3", "r6", "r7", "r8")                                                \
    TE_LINE_COLUMN(FIRST, ", r2, lsl #2", "r7", "r8", "r9") TE_LINE_ON_BY("r2")                    \
    TE_LINE_RIGHT("r4", ", r2, lsl #2", "r8", "r9")

#define TE_LINE_FIRST_ROW_6(FIRST)                                                                 \
    TE_LINE_LEFT(FIRST, "r3", "r4", "r5")                                                          \
    TE_LINE_COLUMN(FIRST, ", r2", "r4", "r5", "r6")                                                \
    TE_LINE_COLUMN(FIRST, ", r2, lsl #1", "r5", "r6", "r7")                                        \
    TE_LINE_EVEN(FIRST, ", r2, lsl #2", "r7", "r8", "r9") TE_LINE_ON_BY("r2")                      \
    TE_LINE_COLUMN(TE_LINE_MLA, ", r2, lsl #1", "r6", "r7", "r8")                                  \
    TE_LINE_CLOSE_2(", r2, lsl #2", "r8", "r9") TE_LINE_ON_BY("r2, lsl #2")                        \
    TE_LINE_CLOSE(", r2", "r9")
#define TE_LINE_MIDDLE_ROW_6(FIRST)                                                                \
    TE_LINE_OPEN(FIRST, "r4", "r5")                                                                \
    TE_LINE_COLUMN(FIRST, ", r2, lsl #1", "r4", "r5", "r6")                                        \
    TE_LINE_COLUMN(FIRST, ", r3", "r5", "r6", "r7")                                                \
    TE_LINE_COLUMN(FIRST, ", r2, lsl #2", "r6", "r7", "r8")                                        \
    TE_LINE_X(", r3, lsl #1") FIRST("r9", "r11") TE_LINE_MLA("r8", "r12") TE_LINE_ON_BY("r2")      \
    TE_LINE_COLUMN(TE_LINE_MLA, ", r2, lsl #2", "r7", "r8", "r9")                                  \
    TE_LINE_CLOSE(", r3, lsl #1", "r9")
#define TE_LINE_LAST_ROW_6(FIRST)                                                                  \
    TE_LINE_OPEN(FIRST, "r4", "r5")                                                                \
    TE_LINE_COLUMN(FIRST, ", r2, lsl #1", "r4", "r5", "r6")                                        \
    TE_LINE_EVEN(FIRST, ", r2, lsl #2", "r6", "r7", "r8") TE_LINE_ON_BY("r2")                      \
    TE_LINE_COLUMN(TE_LINE_MLA, ", r2, lsl #1", "r5", "r6", "r7")                                  \
    TE_LINE_COLUMN(FIRST, ", r2, lsl #2", "r7", "r8", "r9") TE_LINE_ON_BY("r2, lsl #2")            \
    TE_LINE_RIGHT("r3", ", r2", "r8", "r9")

#define TE_LINE_MIDDLE_BEGIN_5 "ldr r2, [sp]\n\tldrd r3, r4, " TE_LINE_AT(STEPS)
#define TE_LINE_MIDDLE_BEGIN_4 TE_LINE_MIDDLE_BEGIN_5
#define TE_LINE_MIDDLE_BEGIN_6 "ldr r2, [sp]\n\tldr r3, " TE_LINE_AT(STEPS)
#define TE_LINE_MIDDLE_PADDED_4 "ldr r4, " TE_LINE_AT(ZERO_POINT) TE_LINE_PADDED_4
#define TE_LINE_MIDDLE_PADDED_5                                                                    \
    "ldr r4, " TE_LINE_AT(ZERO_POINT) TE_LINE_PADDED_5                                             \
    "ldr r4, [sp, #" TE_TEXT(TE_LINE_STEPS) " + 4]\n\t"
#define TE_LINE_MIDDLE_PADDED_6 "ldr r3, " TE_LINE_AT(ZERO_POINT) TE_LINE_PADDED_6 "ldr r3, " TE_LINE_AT(STEPS)

/* A group, from `whole` on with all rows, from `top` or `bottom` on without the first or last one. */
#define TE_LINE_GROUP_OF(whole, second, top, bottom, BEGIN, PADDED, ROW, step_1, step_2, OUTPUTS)  \
    top ":\n\t" BEGIN TE_LINE_W PADDED "b " second "f\n"                                           \
    bottom ":\n\t" BEGIN                                                                           \
    "ldrsb r10, [r1, #9]\n\t"                                                                      \
    "ldrsb r11, [r1, #10]\n\t"                                                                     \
    "ldrsb r12, [r1, #11]\n\t"                                                                     \
    "add r1, r1, #3\n\t" PADDED "b " second "f\n"                                                  \
    whole ":\n\t" BEGIN ROW(TE_LINE_MUL) TE_LINE_NEXT_ROW(step_1)                                  \
    second ":\n\t" ROW(TE_LINE_MLA) TE_LINE_NEXT_ROW(step_2)                                       \
    ROW(TE_LINE_MLA)                                                                               \
    "ldrd r2, lr, " TE_LINE_AT(MULTIPLIER)                                                         \
    "ldrd r10, r11, " TE_LINE_AT(PRODUCT) OUTPUTS

/* Likewise to the next group: the channel's weights again. */
#define TE_LINE_TO(which) TE_LINE_STEP(which) "sub r1, r1, #9\n\t"

/* The group with padding on the left, and what stands in its place where there is none; likewise on
 * the right.
 */
#define TE_LINE_FIRST_OF(count, name)                                                              \
    TE_LINE_GROUP_OF("10", "11", "20", "30", TE_LINE_BEGIN_##count,                                \
                     TE_LINE_PADDED_##count, TE_LINE_FIRST_ROW_##name, ROW_STEP,                   \
                     ROW_STEP_2, TE_LINE_OUTPUTS_##count)                                          \
    TE_LINE_TO(FIRST)                                                                              \
    "ldr pc, " TE_LINE_AT(ENTRY_SECOND)
#define TE_LINE_NO_FIRST(count, name) "10:\n20:\n30:\n\t"
#define TE_LINE_LAST_OF(count, name)                                                               \
    TE_LINE_GROUP_OF("14", "15", "24", "34", TE_LINE_BEGIN_##count,                                \
                     TE_LINE_PADDED_##count, TE_LINE_LAST_ROW_##name, ROW_STEP,                    \
                     ROW_STEP_2, TE_LINE_OUTPUTS_##count)                                          \
    TE_LINE_TO(ON)
#define TE_LINE_NO_LAST(count, name) "14:\n24:\n34:\n\t"

/* Defines the function of groups of one size and kind of rows, by the sides that may be padded. */
#define TE_LINE_GROUPS(count, name, function, FIRST_GROUP, LAST_GROUP)                             \
    TE_SHARED TE_NAKED void te_depthwise_groups_##function(                                        \
        const te_depthwise_line *line __attribute__((unused)))                                     \
    {                                                                                              \
        __asm__("push {r4-r11, lr}\n\t"                                                            \
                "add r1, r0, #" TE_TEXT(TE_LINE_ENTRIES) "\n\t"                                    \
                "ldm r1, {r3-r6}\n\t"                                                              \
                "adr r2, 5f\n\t"                                                                   \
                "ldrh r3, [r2, r3, lsl #1]\n\t"                                                    \
                "ldrh r4, [r2, r4, lsl #1]\n\t"                                                    \
                "ldrh r5, [r2, r5, lsl #1]\n\t"                                                    \
                "ldrh r6, [r2, r6, lsl #1]\n\t"                                                    \
                "add r3, r2, r3\n\t"                                                               \
                "add r4, r2, r4\n\t"                                                               \
                "add r5, r2, r5\n\t"                                                               \
                "add r6, r2, r6\n\t"                                                               \
                "mov r12, r3\n\t"                                                                  \
                "sub sp, sp, #" TE_TEXT(TE_LINE_GROUPS_NBYTES) " - " TE_TEXT(TE_LINE_ENTRY_MIDDLE) "\n\t"\
                "stm sp, {r4-r6}\n\t"                                                              \
                "add r1, r0, #" TE_TEXT(TE_LINE_FIRST) "\n\t"                                      \
                "ldm r1, {r1-r11}\n\t"                                                             \
                "push {r1-r11, lr}\n\t"                                                            \
                "add r1, r0, #" TE_TEXT(TE_LINE_CENTRE) "\n\t"                                     \
                "ldm r1, {r1-r6}\n\t"                                                              \
                "push {r1-r6, r12}\n\t"                                                            \
                "ldm r0, {r1-r6}\n\t"                                                              \
                "push {r1-r6}\n\t"                                                                 \
                "ldrd r0, r1, [r0, #" TE_TEXT(TE_LINE_FROM) "]\n\t"                                \
                "b 1f\n\t"                                                                         \
                ".align 2\n"                                                                       \
                "5:\n\t"                                                                           \
                ".hword 10f - 5b + 1, 12f - 5b + 1, 14f - 5b + 1\n\t"                              \
                ".hword 20f - 5b + 1, 22f - 5b + 1, 24f - 5b + 1\n\t"                              \
                ".hword 30f - 5b + 1, 32f - 5b + 1, 34f - 5b + 1\n\t"                              \
                ".hword 40f - 5b + 1\n\t"                                                          \
                ".align 1\n"                                                                       \
                "1:\n\t" TE_LINE_CHANNEL                                                           \
                "strd r2, lr, " TE_LINE_AT(MULTIPLIER)                                             \
                "strd r10, r11, " TE_LINE_AT(PRODUCT)                                              \
                "ldr r2, " TE_LINE_AT(MIDDLE)                                                      \
                "str r2, " TE_LINE_AT(LEFT_GROUPS)                                                 \
                "ldr pc, " TE_LINE_AT(ROWS)                                                        \
                FIRST_GROUP(count, name)                                                           \
                TE_LINE_GROUP_OF("12", "13", "22", "32", TE_LINE_MIDDLE_BEGIN_##count,             \
                                 TE_LINE_MIDDLE_PADDED_##count, TE_LINE_MIDDLE_ROW_##name,         \
                                 NEXT_ROW_1, NEXT_ROW_2, TE_LINE_OUTPUTS_##count)                  \
                "ldr r12, " TE_LINE_AT(LEFT_GROUPS)                                                \
                "subs r12, r12, #1\n\t"                                                            \
                "beq 7f\n\t"                                                                       \
                "str r12, " TE_LINE_AT(LEFT_GROUPS) TE_LINE_TO(GROUP)                              \
                "ldr pc, " TE_LINE_AT(ENTRY_MIDDLE)                                                \
                "7:\n\t" TE_LINE_TO(LAST)                                                          \
                "ldr pc, " TE_LINE_AT(ENTRY_LAST)                                                  \
                LAST_GROUP(count, name)                                                            \
                "40:\n\t"                                                                          \
                "add r1, r1, #9\n\t"                                                               \
                "ldr r12, " TE_LINE_AT(WEIGHT_END)                                                 \
                "cmp r1, r12\n\t"                                                                  \
                "bne.w 1b\n\t"                                                                     \
                "add sp, sp, #" TE_TEXT(TE_LINE_GROUPS_NBYTES) "\n\t"                              \
                "pop {r4-r11, pc}");                                                               \
    }
/* clang-format on */

#endif
