/* Lines of 3 to 6 outputs of te_base_depthwise_line.h in Thumb-2.
 *
 * r0: a row, from its first column on. r1: weights. r2: bytes from column to column. r3: three times
 * that, r4: zero point; or r3: zero point, r4: sum. r5-r9: sums, which begin with the first product.
 * r10-r12: weights of a row. lr: element. For the outputs r2: multiplier. r3: out. r4: step. r10, r11:
 * product, with the bias, the zero point and what rounds. r12: output. lr: shift. Of two outputs
 * one after the other the second product is the first one plus that of their sums' difference.
 *
 * Instructions of a row of n outputs: 4 n + 3, of six one more; of an output: 5; and 22 of a channel.
 */
#ifndef TE_BASE_DEPTHWISE_LINE_T2_H
#define TE_BASE_DEPTHWISE_LINE_T2_H

#include "te_base_depthwise_line.h"

/* On the stack. */
#define TE_LINE_ZERO_POINT 8
#define TE_LINE_ROW_STEP 12
#define TE_LINE_ROW_STEP_2 16
#define TE_LINE_FACTORS 20
#define TE_LINE_CENTRE 24
#define TE_LINE_OUT 28
#define TE_LINE_OUT_STEP 32
#define TE_LINE_ON 36
#define TE_LINE_WEIGHT_END 44
#define TE_LINE_ROWS 48
#define TE_LINE_NBYTES 52
#define TE_LINE_FROM 112
#define TE_LINE_AT(name) "[sp, #" TE_TEXT(TE_LINE_##name) "]\n\t"

TE_HOLD(te_depthwise_line, pixel_step, 0);
TE_HOLD(te_depthwise_line, zero_point, TE_LINE_ZERO_POINT);
TE_HOLD(te_depthwise_line, row_step, TE_LINE_ROW_STEP);
TE_HOLD(te_depthwise_line, factors, TE_LINE_FACTORS);
TE_HOLD(te_depthwise_line, centre, TE_LINE_CENTRE);
TE_HOLD(te_depthwise_line, out, TE_LINE_OUT);
TE_HOLD(te_depthwise_line, out_step, TE_LINE_OUT_STEP);
TE_HOLD(te_depthwise_line, on, TE_LINE_ON);
TE_HOLD(te_depthwise_line, weight_end, TE_LINE_WEIGHT_END);
TE_HOLD(te_depthwise_line, rows, TE_LINE_ROWS);
TE_HOLD(te_depthwise_line, from, TE_LINE_FROM);
TE_HOLD(te_depthwise_line, weight, TE_LINE_FROM + 4);

/* clang-format off */
#define TE_LINE_X(at) "ldrsb lr, [r0" at "]\n\t"
#define TE_LINE_W "ldrsb r10, [r1], #1\n\tldrsb r11, [r1], #1\n\tldrsb r12, [r1], #1\n\t"
#define TE_LINE_MUL(sum, w) "mul " sum ", lr, " w "\n\t"
#define TE_LINE_MLA(sum, w) "mla " sum ", lr, " w ", " sum "\n\t"
#define TE_LINE_PAD(zero, sum, w) "mla " sum ", " zero ", " w ", " sum "\n\t"

/* A column that three outputs see, and the first and last one. FIRST is TE_LINE_MUL where sums begin. */
#define TE_LINE_COLUMN(FIRST, at, a, b, c)                                                         \
    TE_LINE_X(at) FIRST(c, "r10") TE_LINE_MLA(b, "r11") TE_LINE_MLA(a, "r12")
#define TE_LINE_LEFT(FIRST, zero, a, b)                                                            \
    TE_LINE_W TE_LINE_X("") FIRST(a, "r11") FIRST(b, "r10") TE_LINE_PAD(zero, a, "r10")
#define TE_LINE_RIGHT(zero, at, a, b)                                                              \
    TE_LINE_X(at) TE_LINE_MLA(b, "r11") TE_LINE_MLA(a, "r12") TE_LINE_PAD(zero, b, "r12")

#define TE_LINE_ROW_3(FIRST)                                                                       \
    TE_LINE_LEFT(FIRST, "r4", "r5", "r6")                                                          \
    TE_LINE_COLUMN(FIRST, ", r2", "r5", "r6", "r7")                                                \
    TE_LINE_RIGHT("r4", ", r2, lsl #1", "r6", "r7")
#define TE_LINE_ROW_4(FIRST)                                                                       \
    TE_LINE_LEFT(FIRST, "r4", "r5", "r6")                                                          \
    TE_LINE_COLUMN(FIRST, ", r2", "r5", "r6", "r7")                                                \
    TE_LINE_COLUMN(FIRST, ", r2, lsl #1", "r6", "r7", "r8")                                        \
    TE_LINE_RIGHT("r4", ", r3", "r7", "r8")
#define TE_LINE_ROW_5(FIRST)                                                                       \
    TE_LINE_LEFT(FIRST, "r4", "r5", "r6")                                                          \
    TE_LINE_COLUMN(FIRST, ", r2", "r5", "r6", "r7")                                                \
    TE_LINE_COLUMN(FIRST, ", r2, lsl #1", "r6", "r7", "r8")                                        \
    TE_LINE_COLUMN(FIRST, ", r3", "r7", "r8", "r9")                                                \
    TE_LINE_RIGHT("r4", ", r2, lsl #2", "r8", "r9")
/* Even columns first. */
#define TE_LINE_EVEN(FIRST, at, a, b, c)                                                           \
    TE_LINE_X(at) FIRST(c, "r10") FIRST(b, "r11") TE_LINE_MLA(a, "r12")
#define TE_LINE_ROW_6(FIRST)                                                                       \
    TE_LINE_LEFT(FIRST, "r3", "r4", "r5")                                                          \
    TE_LINE_EVEN(FIRST, ", r2, lsl #1", "r5", "r6", "r7")                                          \
    TE_LINE_EVEN(FIRST, ", r2, lsl #2", "r7", "r8", "r9")                                          \
    "add r0, r0, r2\n\t"                                                                           \
    TE_LINE_COLUMN(TE_LINE_MLA, "", "r4", "r5", "r6")                                              \
    TE_LINE_COLUMN(TE_LINE_MLA, ", r2, lsl #1", "r6", "r7", "r8")                                  \
    TE_LINE_RIGHT("r3", ", r2, lsl #2", "r8", "r9")

/* All sums begin with the row of padding whose weights are in r10 to r12. */
#define TE_LINE_PADDED(zero, sum)                                                                  \
    "add r10, r10, r11\n\t"                                                                        \
    "add r10, r10, r12\n\t"                                                                        \
    "mul " sum ", r10, " zero "\n\t"
#define TE_LINE_PADDED_2 TE_LINE_PADDED("r4", "r5") "mov r6, r5\n\t"
#define TE_LINE_PADDED_3 TE_LINE_PADDED_2 "mov r7, r5\n\t"
#define TE_LINE_PADDED_4 TE_LINE_PADDED_3 "mov r8, r5\n\t"
#define TE_LINE_PADDED_5 TE_LINE_PADDED_4 "mov r9, r5\n\t"
#define TE_LINE_PADDED_6                                                                           \
    TE_LINE_PADDED("r3", "r4")                                                                     \
    "mov r5, r4\n\tmov r6, r4\n\tmov r7, r4\n\tmov r8, r4\n\tmov r9, r4\n\t"

/* An output; another one after that of the sum `before`. */
#define TE_LINE_OUTPUT(sum, at)                                                                    \
    "smlal r10, r11, " sum ", r2\n\t"                                                              \
    "asr r12, r11, lr\n\t"                                                                         \
    "ssat r12, #8, r12, asr #1\n\t"                                                                \
    "strb r12, [r3" at "]\n\t"
#define TE_LINE_NEXT(before, sum, at)                                                              \
    "sub " before ", " sum ", " before "\n\t" TE_LINE_OUTPUT(before, at)
#define TE_LINE_OUT_2 "add r3, r3, r4, lsl #1\n\t"

#define TE_LINE_OUTPUTS_2                                                                          \
    "ldrd r3, r4, " TE_LINE_AT(OUT) TE_LINE_OUTPUT("r5", "") TE_LINE_NEXT("r5", "r6", ", r4")
#define TE_LINE_OUTPUTS_3 TE_LINE_OUTPUTS_2 TE_LINE_NEXT("r6", "r7", ", r4, lsl #1")
#define TE_LINE_OUTPUTS_4                                                                          \
    TE_LINE_OUTPUTS_2 TE_LINE_OUT_2 TE_LINE_NEXT("r6", "r7", "") TE_LINE_NEXT("r7", "r8", ", r4")
#define TE_LINE_OUTPUTS_5 TE_LINE_OUTPUTS_4 TE_LINE_NEXT("r8", "r9", ", r4, lsl #1")
#define TE_LINE_OUTPUTS_6                                                                          \
    "ldr r3, " TE_LINE_AT(OUT) TE_LINE_OUTPUT("r4", "")                                            \
    "sub r12, r5, r4\n\t"                                                                          \
    "ldr r4, " TE_LINE_AT(OUT_STEP)                                                                \
    TE_LINE_OUTPUT("r12", ", r4") TE_LINE_OUT_2                                                    \
    TE_LINE_NEXT("r5", "r6", "") TE_LINE_NEXT("r6", "r7", ", r4") TE_LINE_OUT_2                    \
    TE_LINE_NEXT("r7", "r8", "") TE_LINE_NEXT("r8", "r9", ", r4")

#define TE_LINE_BEGIN_2 "ldm sp, {r2-r4}\n\t"
#define TE_LINE_BEGIN_3 TE_LINE_BEGIN_2
#define TE_LINE_BEGIN_4 TE_LINE_BEGIN_3
#define TE_LINE_BEGIN_5 TE_LINE_BEGIN_3
#define TE_LINE_BEGIN_6 "ldr r2, [sp]\n\tldr r3, " TE_LINE_AT(ZERO_POINT)

#define TE_LINE_NEXT_ROW(step) "ldr lr, " TE_LINE_AT(step) "add r0, r0, lr\n"

/* Where outputs begin, and what makes them, from a record: r10, r11, r2, lr. */
#define TE_LINE_CHANNEL TE_LINE_CHANNEL_OF(8)
#define TE_LINE_CHANNEL_OF(nbytes)                                                                 \
    "ldr r3, " TE_LINE_AT(FACTORS)                                                                 \
    "ldrd lr, r2, [r3], #" #nbytes "\n\t"                                                          \
    "str r3, " TE_LINE_AT(FACTORS)                                                                 \
    "ldr r11, " TE_LINE_AT(CENTRE)                                                                 \
    "lsl r11, r11, lr\n\t"                                                                         \
    "mov r10, #0x40000000\n\t"                                                                     \
    "asr r3, lr, #8\n\t"                                                                           \
    "smlal r10, r11, r3, r2\n\t"

/* On in the output, whose place is in r3, and in the input. */
#define TE_LINE_STEP(which)                                                                        \
    "ldrd r12, lr, " TE_LINE_AT(which)                                                             \
    "add r3, r3, r12\n\t"                                                                          \
    "str r3, " TE_LINE_AT(OUT)                                                                     \
    "add r0, r0, lr\n\t"

/* Defines the function of one width and kind of rows. */
#define TE_LINE(count, name)                                                                       \
    TE_SHARED TE_NAKED void te_depthwise_line_##name(                                              \
        const te_depthwise_line *line __attribute__((unused)))                                     \
    {                                                                                              \
        __asm__("push {r4-r11, lr}\n\t"                                                            \
                "add r1, r0, #" TE_TEXT(TE_LINE_CENTRE) "\n\t"                                     \
                "ldm r1, {r2-r8}\n\t"                                                              \
                "adr r9, 5f\n\t"                                                                   \
                "ldrh r8, [r9, r8, lsl #1]\n\t"                                                    \
                "add r8, r9, r8\n\t"                                                               \
                "push {r2-r8}\n\t"                                                                 \
                "ldm r0, {r2-r7}\n\t"                                                              \
                "push {r2-r7}\n\t"                                                                 \
                "ldrd r0, r1, [r0, #" TE_TEXT(TE_LINE_FROM) "]\n\t"                                \
                TE_LINE_BEGIN_##count                                                              \
                "ldr pc, " TE_LINE_AT(ROWS)                                                        \
                ".align 2\n"                                                                       \
                "5:\n\t"                                                                           \
                ".hword 10f - 5b + 1, 20f - 5b + 1, 30f - 5b + 1\n"                                \
                "10:\n\t" TE_LINE_ROW_##name(TE_LINE_MUL) TE_LINE_NEXT_ROW(ROW_STEP)              \
                "11:\n\t" TE_LINE_ROW_##name(TE_LINE_MLA) TE_LINE_NEXT_ROW(ROW_STEP_2)            \
                TE_LINE_ROW_##name(TE_LINE_MLA)                                                   \
                TE_LINE_CHANNEL TE_LINE_OUTPUTS_##count TE_LINE_STEP(ON)                           \
                "ldrd r12, lr, " TE_LINE_AT(WEIGHT_END)                                            \
                TE_LINE_BEGIN_##count                                                              \
                "cmp r1, r12\n\t"                                                                  \
                "it ne\n\t"                                                                        \
                "bxne lr\n\t"                                                                      \
                "add sp, sp, #" TE_TEXT(TE_LINE_NBYTES) "\n\t"                                     \
                "pop {r4-r11, pc}\n"                                                               \
                "20:\n\t" TE_LINE_W                                                                \
                TE_LINE_PADDED_##count                                                             \
                "b 11b\n"                                                                          \
                "30:\n\t"                                                                          \
                "ldrsb r10, [r1, #9]\n\t"                                                          \
                "ldrsb r11, [r1, #10]\n\t"                                                         \
                "ldrsb r12, [r1, #11]\n\t"                                                         \
                "add r1, r1, #3\n\t" TE_LINE_PADDED_##count                                        \
                "b 11b");                                                                          \
    }
/* clang-format on */

#endif
