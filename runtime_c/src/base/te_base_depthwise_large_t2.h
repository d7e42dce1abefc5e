/* Lines of te_base_depthwise_large_line.h in Thumb-2: a row's inputs are loaded once, then its weights
 * one by one.
 *
 * r0: a row. r1: weights. r2: zero point. r3, r4, r10-r12: inputs. r5-r9: sums. lr: bytes from column
 * to column, then weight. Outputs are those of te_base_depthwise_line_t2.h.
 *
 * Instructions of a row of n inputs, w weights and m products inside it: 2 n + w + m, and 8 to 22 beside.
 */
#ifndef TE_BASE_DEPTHWISE_LARGE_T2_H
#define TE_BASE_DEPTHWISE_LARGE_T2_H

#include "te_base_depthwise_large_line.h"
#include "te_base_depthwise_line_t2.h"

/* On the stack, beside what te_depthwise_line has there. */
#define TE_LINE_WEIGHT_ON 4
#define TE_LINE_STEP_PLACE 12
#define TE_LINE_LARGE_STEPS 48
#define TE_LINE_LARGE_NBYTES 76
#define TE_LINE_SECOND 76
#define TE_LINE_LARGE_FROM 84
#define TE_LINE_ROWS_NBYTES 16
#define TE_LINE_LARGE_MULTIPLIER 84
#define TE_LINE_LARGE_PRODUCT 92
#define TE_LINE_LARGE_PAIR_NBYTES 100

TE_HOLD(te_depthwise_large, pixel_step, 0);
TE_HOLD(te_depthwise_large, weight_on, TE_LINE_WEIGHT_ON);
TE_HOLD(te_depthwise_large, zero_point, TE_LINE_ZERO_POINT);
TE_HOLD(te_depthwise_large, factors, TE_LINE_FACTORS);
TE_HOLD(te_depthwise_large, centre, TE_LINE_CENTRE);
TE_HOLD(te_depthwise_large, out, TE_LINE_OUT);
TE_HOLD(te_depthwise_large, out_step, TE_LINE_OUT_STEP);
TE_HOLD(te_depthwise_large, on, TE_LINE_ON);
TE_HOLD(te_depthwise_large, weight_end, TE_LINE_WEIGHT_END);
TE_HOLD(te_depthwise_large, row_step, TE_LINE_LARGE_STEPS);
TE_HOLD(te_depthwise_large, rows_nbytes, TE_LINE_ROWS_NBYTES);
TE_HOLD(te_depthwise_large, second, TE_LINE_SECOND);
TE_HOLD(te_depthwise_large, from, TE_LINE_LARGE_FROM);
TE_HOLD(te_depthwise_large, weight, TE_LINE_LARGE_FROM + 4);

/* clang-format off */
#define TE_LARGE_STEP "ldr lr, [sp]\n\t"
#define TE_LARGE_X(x, at) "ldrsb " x ", [r0" at "]\n\t"
#define TE_LARGE_CENTRED(x) "sub " x ", " x ", r2\n\t"
#define TE_LARGE_CENTRED_3 TE_LARGE_CENTRED("r3") TE_LARGE_CENTRED("r4") TE_LARGE_CENTRED("r10")
#define TE_LARGE_CENTRED_5 TE_LARGE_CENTRED_3 TE_LARGE_CENTRED("r11") TE_LARGE_CENTRED("r12")

/* A weight and the inputs of two or more outputs from one on. */
#define TE_LARGE_W(at) "ldrsb lr, [r1, #" #at "]\n\t"
#define TE_LARGE_1(sum, x) "mla " sum ", " x ", lr, " sum "\n\t"
#define TE_LARGE_2(s, t, x, y) TE_LARGE_1(s, x) TE_LARGE_1(t, y)
#define TE_LARGE_3(s, t, u, x, y, z) TE_LARGE_2(s, t, x, y) TE_LARGE_1(u, z)
#define TE_LARGE_4(s, t, u, v, x, y, z, a) TE_LARGE_3(s, t, u, x, y, z) TE_LARGE_1(v, a)
#define TE_LARGE_ALL_5 TE_LARGE_4("r5", "r6", "r7", "r8", "r3", "r4", "r10", "r11") TE_LARGE_1("r9", "r12")

/* Five neighbours, and every second column of nine. */
#define TE_LARGE_LOAD_5                                                                            \
    TE_LARGE_STEP TE_LARGE_X("r3", "") TE_LARGE_X("r4", ", lr") TE_LARGE_X("r10", ", lr, lsl #1")  \
    TE_LARGE_X("r12", ", lr, lsl #2") "add r0, r0, lr\n\t" TE_LARGE_X("r11", ", lr, lsl #1")
#define TE_LARGE_LOAD_SECOND_5                                                                     \
    TE_LARGE_STEP "lsl lr, lr, #1\n\t" TE_LARGE_X("r3", "") TE_LARGE_X("r4", ", lr")               \
    TE_LARGE_X("r10", ", lr, lsl #1") TE_LARGE_X("r12", ", lr, lsl #2") "add r0, r0, lr\n\t"       \
    TE_LARGE_X("r11", ", lr, lsl #1")

#define TE_LARGE_ROW_7_1_5                                                                         \
    TE_LARGE_LOAD_5 TE_LARGE_CENTRED_5                                                             \
    TE_LARGE_W(0) TE_LARGE_2("r8", "r9", "r3", "r4")                                               \
    TE_LARGE_W(1) TE_LARGE_3("r7", "r8", "r9", "r3", "r4", "r10")                                  \
    TE_LARGE_W(2) TE_LARGE_4("r6", "r7", "r8", "r9", "r3", "r4", "r10", "r11")                     \
    TE_LARGE_W(3) TE_LARGE_ALL_5                                                                   \
    TE_LARGE_W(4) TE_LARGE_4("r5", "r6", "r7", "r8", "r4", "r10", "r11", "r12")                    \
    TE_LARGE_W(5) TE_LARGE_3("r5", "r6", "r7", "r10", "r11", "r12")                                \
    TE_LARGE_W(6) TE_LARGE_2("r5", "r6", "r11", "r12")

#define TE_LARGE_ROW_7_1_3                                                                         \
    TE_LARGE_STEP TE_LARGE_X("r3", "") TE_LARGE_X("r4", ", lr") TE_LARGE_X("r10", ", lr, lsl #1")  \
    TE_LARGE_CENTRED_3                                                                             \
    TE_LARGE_W(1) TE_LARGE_1("r7", "r3")                                                           \
    TE_LARGE_W(2) TE_LARGE_2("r6", "r7", "r3", "r4")                                               \
    TE_LARGE_W(3) TE_LARGE_3("r5", "r6", "r7", "r3", "r4", "r10")                                  \
    TE_LARGE_W(4) TE_LARGE_2("r5", "r6", "r4", "r10")                                              \
    TE_LARGE_W(5) TE_LARGE_1("r5", "r10")

/* Even columns for odd weights, then the others; r0 is then on by three columns. */
#define TE_LARGE_ROW_7_2_5                                                                         \
    TE_LARGE_LOAD_SECOND_5 TE_LARGE_CENTRED_5                                                      \
    TE_LARGE_W(1) TE_LARGE_4("r6", "r7", "r8", "r9", "r3", "r4", "r10", "r11")                     \
    TE_LARGE_W(3) TE_LARGE_ALL_5                                                                   \
    TE_LARGE_W(5) TE_LARGE_4("r5", "r6", "r7", "r8", "r4", "r10", "r11", "r12")                    \
    TE_LARGE_STEP "sub r0, r0, lr\n\t"                                                             \
    TE_LARGE_LOAD_SECOND_5 TE_LARGE_CENTRED_5                                                      \
    TE_LARGE_W(0) TE_LARGE_3("r7", "r8", "r9", "r3", "r4", "r10")                                  \
    TE_LARGE_W(2) TE_LARGE_4("r6", "r7", "r8", "r9", "r3", "r4", "r10", "r11")                     \
    TE_LARGE_W(4) TE_LARGE_ALL_5                                                                   \
    TE_LARGE_W(6) TE_LARGE_4("r5", "r6", "r7", "r8", "r4", "r10", "r11", "r12")

#define TE_LARGE_ROW_5_1_5                                                                         \
    TE_LARGE_LOAD_5 TE_LARGE_CENTRED_5                                                             \
    TE_LARGE_W(0) TE_LARGE_3("r7", "r8", "r9", "r3", "r4", "r10")                                  \
    TE_LARGE_W(1) TE_LARGE_4("r6", "r7", "r8", "r9", "r3", "r4", "r10", "r11")                     \
    TE_LARGE_W(2) TE_LARGE_ALL_5                                                                   \
    TE_LARGE_W(3) TE_LARGE_4("r5", "r6", "r7", "r8", "r4", "r10", "r11", "r12")                    \
    TE_LARGE_W(4) TE_LARGE_3("r5", "r6", "r7", "r10", "r11", "r12")

#define TE_LARGE_ROW_5_2_3                                                                         \
    TE_LARGE_LOAD_5 TE_LARGE_CENTRED_5                                                             \
    TE_LARGE_W(0) TE_LARGE_2("r6", "r7", "r3", "r10")                                              \
    TE_LARGE_W(1) TE_LARGE_2("r6", "r7", "r4", "r11")                                              \
    TE_LARGE_W(2) TE_LARGE_3("r5", "r6", "r7", "r3", "r10", "r12")                                 \
    TE_LARGE_W(3) TE_LARGE_2("r5", "r6", "r4", "r11")                                              \
    TE_LARGE_W(4) TE_LARGE_2("r5", "r6", "r10", "r12")

/* The input behind the five, in place of the first one, and one more in place of the second. */
#define TE_LARGE_MORE(x) TE_LARGE_STEP TE_LARGE_X(x, ", lr, lsl #2") TE_LARGE_CENTRED(x)
#define TE_LARGE_MORE_SECOND(x)                                                                    \
    TE_LARGE_STEP "lsl lr, lr, #1\n\t" TE_LARGE_X(x, ", lr, lsl #2") TE_LARGE_CENTRED(x)
#define TE_LARGE_ON "add r0, r0, lr\n\t"
#define TE_LARGE_TURNED                                                                            \
    TE_LARGE_4("r5", "r6", "r7", "r8", "r4", "r10", "r11", "r12") TE_LARGE_1("r9", "r3")
#define TE_LARGE_TURNED_2                                                                          \
    TE_LARGE_4("r5", "r6", "r7", "r8", "r10", "r11", "r12", "r3") TE_LARGE_1("r9", "r4")
#define TE_LARGE_TURNED_3 TE_LARGE_4("r5", "r6", "r7", "r8", "r11", "r12", "r3", "r4")

/* Five outputs on the left, and five on the right. */
#define TE_LARGE_FIRST_ROW_5_1                                                                     \
    TE_LARGE_LOAD_5 TE_LARGE_CENTRED_5                                                             \
    TE_LARGE_W(0) TE_LARGE_3("r7", "r8", "r9", "r3", "r4", "r10")                                  \
    TE_LARGE_W(1) TE_LARGE_4("r6", "r7", "r8", "r9", "r3", "r4", "r10", "r11")                     \
    TE_LARGE_W(2) TE_LARGE_ALL_5 TE_LARGE_MORE("r3") TE_LARGE_ON                                   \
    TE_LARGE_W(3) TE_LARGE_TURNED TE_LARGE_MORE("r4")                                              \
    TE_LARGE_W(4) TE_LARGE_TURNED_2
#define TE_LARGE_SECOND_ROW_5_1                                                                    \
    TE_LARGE_LOAD_5 TE_LARGE_CENTRED_5                                                             \
    TE_LARGE_W(0) TE_LARGE_ALL_5 TE_LARGE_MORE("r3") TE_LARGE_ON                                   \
    TE_LARGE_W(1) TE_LARGE_TURNED TE_LARGE_MORE("r4")                                              \
    TE_LARGE_W(2) TE_LARGE_TURNED_2                                                                \
    TE_LARGE_W(3) TE_LARGE_TURNED_3                                                                \
    TE_LARGE_W(4) TE_LARGE_3("r5", "r6", "r7", "r12", "r3", "r4")

#define TE_LARGE_FIRST_ROW_7_1                                                                     \
    TE_LARGE_LOAD_5 TE_LARGE_CENTRED_5                                                             \
    TE_LARGE_W(0) TE_LARGE_2("r8", "r9", "r3", "r4")                                               \
    TE_LARGE_W(1) TE_LARGE_3("r7", "r8", "r9", "r3", "r4", "r10")                                  \
    TE_LARGE_W(2) TE_LARGE_4("r6", "r7", "r8", "r9", "r3", "r4", "r10", "r11")                     \
    TE_LARGE_W(3) TE_LARGE_ALL_5 TE_LARGE_MORE("r3") TE_LARGE_ON                                   \
    TE_LARGE_W(4) TE_LARGE_TURNED TE_LARGE_MORE("r4") TE_LARGE_ON                                  \
    TE_LARGE_W(5) TE_LARGE_TURNED_2 TE_LARGE_MORE("r10")                                           \
    TE_LARGE_W(6) TE_LARGE_TURNED_3 TE_LARGE_1("r9", "r10")
#define TE_LARGE_SECOND_ROW_7_1                                                                    \
    TE_LARGE_LOAD_5 TE_LARGE_CENTRED_5                                                             \
    TE_LARGE_W(0) TE_LARGE_ALL_5 TE_LARGE_MORE("r3") TE_LARGE_ON                                   \
    TE_LARGE_W(1) TE_LARGE_TURNED TE_LARGE_MORE("r4") TE_LARGE_ON                                  \
    TE_LARGE_W(2) TE_LARGE_TURNED_2 TE_LARGE_MORE("r10")                                           \
    TE_LARGE_W(3) TE_LARGE_TURNED_3 TE_LARGE_1("r9", "r10")                                        \
    TE_LARGE_W(4) TE_LARGE_4("r5", "r6", "r7", "r8", "r12", "r3", "r4", "r10")                     \
    TE_LARGE_W(5) TE_LARGE_3("r5", "r6", "r7", "r3", "r4", "r10")                                  \
    TE_LARGE_W(6) TE_LARGE_2("r5", "r6", "r4", "r10")

#define TE_LARGE_FIRST_ROW_7_2                                                                     \
    TE_LARGE_LOAD_SECOND_5 TE_LARGE_CENTRED_5                                                      \
    TE_LARGE_W(1) TE_LARGE_4("r6", "r7", "r8", "r9", "r3", "r4", "r10", "r11")                     \
    TE_LARGE_W(3) TE_LARGE_ALL_5 TE_LARGE_MORE_SECOND("r3")                                        \
    TE_LARGE_W(5) TE_LARGE_TURNED                                                                  \
    TE_LARGE_STEP "sub r0, r0, lr\n\t"                                                             \
    TE_LARGE_LOAD_SECOND_5 TE_LARGE_CENTRED_5                                                      \
    TE_LARGE_W(0) TE_LARGE_3("r7", "r8", "r9", "r3", "r4", "r10")                                  \
    TE_LARGE_W(2) TE_LARGE_4("r6", "r7", "r8", "r9", "r3", "r4", "r10", "r11")                     \
    TE_LARGE_W(4) TE_LARGE_ALL_5 TE_LARGE_MORE_SECOND("r3")                                        \
    TE_LARGE_W(6) TE_LARGE_TURNED
#define TE_LARGE_SECOND_ROW_7_2                                                                    \
    TE_LARGE_LOAD_SECOND_5 TE_LARGE_CENTRED_5                                                      \
    TE_LARGE_W(0) TE_LARGE_ALL_5 TE_LARGE_MORE_SECOND("r3") TE_LARGE_ON                            \
    TE_LARGE_W(2) TE_LARGE_TURNED TE_LARGE_MORE_SECOND("r4")                                       \
    TE_LARGE_W(4) TE_LARGE_TURNED_2                                                                \
    TE_LARGE_W(6) TE_LARGE_TURNED_3                                                                \
    TE_LARGE_STEP "sub r0, r0, lr\n\tsub r0, r0, lr, lsl #1\n\t"                                   \
    TE_LARGE_LOAD_SECOND_5 TE_LARGE_CENTRED_5                                                      \
    TE_LARGE_W(1) TE_LARGE_ALL_5 TE_LARGE_MORE_SECOND("r3")                                        \
    TE_LARGE_W(3) TE_LARGE_TURNED                                                                  \
    TE_LARGE_W(5) TE_LARGE_4("r5", "r6", "r7", "r8", "r10", "r11", "r12", "r3")

#define TE_LARGE_ZERO_3 "mov r5, #0\n\tmov r6, #0\n\tmov r7, #0\n\t"
#define TE_LARGE_ZERO_5 TE_LARGE_ZERO_3 "mov r8, #0\n\tmov r9, #0\n\t"

/* Sums over the rows inside the input. */
#define TE_LARGE_SUMS(label, kernel_w, count, ROW)                                                 \
    TE_LARGE_ZERO_##count                                                                          \
    "ldr r2, " TE_LINE_AT(ZERO_POINT)                                                              \
    "add r3, sp, #" TE_TEXT(TE_LINE_LARGE_STEPS) "\n\t"                                            \
    "str r3, " TE_LINE_AT(STEP_PLACE)                                                              \
    label ":\n\t" ROW                                                                              \
    "ldr r3, " TE_LINE_AT(STEP_PLACE)                                                              \
    "ldr r4, [r3], #4\n\t"                                                                         \
    "str r3, " TE_LINE_AT(STEP_PLACE)                                                              \
    "add r1, r1, #" #kernel_w "\n\t"                                                               \
    "add r0, r0, r4\n\t"                                                                           \
    "cmp r4, #0\n\t"                                                                               \
    "bne " label "b\n\t"

#define TE_LARGE_BEGIN                                                                             \
    "add r1, r0, #" TE_TEXT(TE_LINE_OUT) "\n\t"                                                    \
    "ldm r1, {r1-r12}\n\t"                                                                         \
    "push {r1-r12}\n\t"                                                                            \
    "ldm r0, {r1-r7}\n\t"                                                                          \
    "push {r1-r7}\n\t"                                                                             \
    "ldrd r0, r1, [r0, #" TE_TEXT(TE_LINE_LARGE_FROM) "]\n"                                        \
    "1:\n\t"

/* To the next channel, again from 1 on. */
#define TE_LARGE_END(nbytes)                                                                       \
    TE_LINE_STEP(ON)                                                                               \
    "ldr lr, " TE_LINE_AT(WEIGHT_ON)                                                               \
    "ldr r12, " TE_LINE_AT(WEIGHT_END)                                                             \
    "add r1, r1, lr\n\t"                                                                           \
    "cmp r1, r12\n\t"                                                                              \
    "blo 1b\n\t"                                                                                   \
    "add sp, sp, #" TE_TEXT(nbytes) "\n\t"                                                         \
    "pop {r4-r11, pc}"

/* Defines the function of one kind of rows. */
#define TE_LARGE(kernel_w, stride, count)                                                          \
    TE_SHARED TE_NAKED void te_depthwise_large_##kernel_w##_##stride##_##count(                    \
        const te_depthwise_large *line __attribute__((unused)))                                    \
    {                                                                                              \
        __asm__("push {r4-r11, lr}\n\t" TE_LARGE_BEGIN                                             \
                TE_LARGE_SUMS("2", kernel_w, count, TE_LARGE_ROW_##kernel_w##_##stride##_##count)  \
                TE_LINE_CHANNEL_OF(12) TE_LINE_OUTPUTS_##count TE_LARGE_END(TE_LINE_LARGE_NBYTES));\
    }

#define TE_LARGE_FACTORS                                                                           \
    "ldrd r2, lr, " TE_LINE_AT(LARGE_MULTIPLIER)                                                   \
    "ldrd r10, r11, " TE_LINE_AT(LARGE_PRODUCT)

/* The same for lines of two groups of five outputs. */
#define TE_LARGE_PAIR(kernel_w, stride)                                                            \
    TE_SHARED TE_NAKED void te_depthwise_large_##kernel_w##_##stride##_pair(                         \
        const te_depthwise_large *line __attribute__((unused)))                                    \
    {                                                                                              \
        __asm__("push {r4-r11, lr}\n\t"                                                            \
                "sub sp, sp, #" TE_TEXT(TE_LINE_LARGE_PAIR_NBYTES) " - " TE_TEXT(TE_LINE_LARGE_FROM) "\n\t"\
                "ldrd r1, r2, [r0, #" TE_TEXT(TE_LINE_SECOND) "]\n\t"                              \
                "push {r1, r2}\n\t" TE_LARGE_BEGIN                                                 \
                TE_LINE_CHANNEL_OF(12)                                                             \
                "strd r2, lr, " TE_LINE_AT(LARGE_MULTIPLIER)                                       \
                "strd r10, r11, " TE_LINE_AT(LARGE_PRODUCT)                                        \
                TE_LARGE_SUMS("2", kernel_w, 5, TE_LARGE_FIRST_ROW_##kernel_w##_##stride)          \
                TE_LARGE_FACTORS TE_LINE_OUTPUTS_5 TE_LINE_STEP(SECOND)                            \
                "ldr lr, " TE_LINE_AT(ROWS_NBYTES)                                                 \
                "sub r1, r1, lr\n\t"                                                               \
                TE_LARGE_SUMS("3", kernel_w, 5, TE_LARGE_SECOND_ROW_##kernel_w##_##stride)         \
                TE_LARGE_FACTORS TE_LINE_OUTPUTS_5 TE_LARGE_END(TE_LINE_LARGE_PAIR_NBYTES));       \
    }
/* clang-format on */

#endif
