/* Groups of outputs of a depthwise channel in Thumb-2, for windows three wide, read where they stand.
 *
 * The first column of a group stands `first` bytes from its second one; its last column `last` bytes
 * from where the loop has come to by then. At the borders of the input both stand for the column
 * beside them, and the sums make up for that.
 *
 * r0: a row, from its second column on. r1: weights. r2: bytes from column to column. r3, r4: first
 * and last. r5-r9: sums. r10-r12: weights of a row. lr: element. For the outputs r0: multiplier.
 * r1: offset. r2: shift. r3: out. r4: step. r10, r11: product. On the stack: the sweep, steps from row
 * to row, end of the weights.
 *
 * Instructions of a row of five outputs with stride 1: 28, of three with stride 2: 22; of an output: 8.
 */
#ifndef TE_BASE_DEPTHWISE_T2_H
#define TE_BASE_DEPTHWISE_T2_H

#include "te_base.h"

/* Outputs of a group at most. */
#define TE_DEPTHWISE_MOST 5

/* Groups of one channel and row. What they have come to is written back. */
typedef struct {
    const int8_t *from;
    const int8_t *weight; /* [rows, 3] */
    int32_t pixel_step;
    int32_t first;
    int32_t last;
    int32_t sums[TE_DEPTHWISE_MOST];
    int32_t
        row_step[2]; /* from where a row has come to: behind the third last and the second last */
    const int8_t *weight_end;
    int32_t multiplier;
    int32_t offset;
    int32_t shift;
    int8_t *out;
    int32_t out_step;
    int32_t place; /* where rows begin: their number modulo 3, or 3 for none */
    int32_t groups;
    int32_t advance;     /* bytes from group to group */
    int32_t later_first; /* of all groups but the first one */
    int32_t later_sum;
    int32_t final_last; /* of the last group of several; it may overlap the one before */
    int32_t final_sum;
    const int8_t *final_from;
    int8_t *final_out;
} te_depthwise_sweep;

#define TE_SWEEP_FIRST 12
#define TE_SWEEP_LAST 16
#define TE_SWEEP_SUM 20
#define TE_SWEEP_ROW_STEP 40
#define TE_SWEEP_WEIGHT_END 48
#define TE_SWEEP_FACTORS 52
#define TE_SWEEP_OUT 64
#define TE_SWEEP_PLACE 72
#define TE_SWEEP_GROUPS 76
#define TE_SWEEP_LATER 84
#define TE_SWEEP_FINAL 92
#define TE_SWEEP_FINAL_PLACE 100
#define TE_SWEEP_AT(sweep, name) "[" sweep ", #" TE_TEXT(TE_SWEEP_##name) "]\n\t"

/* On the stack, behind the sweep's place. */
#define TE_SWEEP_FRAME_ROW_STEP 4
#define TE_SWEEP_FRAME_ROW_STEP_2 8
#define TE_SWEEP_FRAME_WEIGHT_END 12
#define TE_SWEEP_FRAME_NBYTES 16
#define TE_SWEEP_FRAME(name) "[sp, #" TE_TEXT(TE_SWEEP_FRAME_##name) "]\n\t"

TE_HOLD(te_depthwise_sweep, from, 0);
TE_HOLD(te_depthwise_sweep, first, TE_SWEEP_FIRST);
TE_HOLD(te_depthwise_sweep, last, TE_SWEEP_LAST);
TE_HOLD(te_depthwise_sweep, sums, TE_SWEEP_SUM);
TE_HOLD(te_depthwise_sweep, row_step, TE_SWEEP_ROW_STEP);
TE_HOLD(te_depthwise_sweep, weight_end, TE_SWEEP_WEIGHT_END);
TE_HOLD(te_depthwise_sweep, multiplier, TE_SWEEP_FACTORS);
TE_HOLD(te_depthwise_sweep, out, TE_SWEEP_OUT);
TE_HOLD(te_depthwise_sweep, place, TE_SWEEP_PLACE);
TE_HOLD(te_depthwise_sweep, groups, TE_SWEEP_GROUPS);
TE_HOLD(te_depthwise_sweep, advance, TE_SWEEP_GROUPS + 4);
TE_HOLD(te_depthwise_sweep, later_first, TE_SWEEP_LATER);
TE_HOLD(te_depthwise_sweep, final_last, TE_SWEEP_FINAL);
TE_HOLD(te_depthwise_sweep, final_from, TE_SWEEP_FINAL_PLACE);

/* clang-format off */
#define TE_T2_X(at) "ldrsb lr, [r0" at "]\n\t"
#define TE_T2_W(w) "ldrsb " w ", [r1], #1\n\t"
#define TE_T2_MLA(sum, w) "mla " sum ", lr, " w ", " sum "\n\t"
#define TE_T2_ON "add r0, r0, r2, lsl #1\n\t"
#define TE_T2_BEGIN_ROW(s0)                                                                        \
    TE_T2_X(", r3") TE_T2_W("r10") TE_T2_MLA(s0, "r10")                                            \
    TE_T2_X("") TE_T2_W("r11") TE_T2_MLA(s0, "r11")

/* A row of 3 and 5 outputs, stride 1. */
#define TE_T2_BEGIN_1                                                                              \
    TE_T2_BEGIN_ROW("r5") TE_T2_MLA("r6", "r10")                                                   \
    TE_T2_X(", r2") TE_T2_W("r12")                                                                 \
    TE_T2_MLA("r5", "r12") TE_T2_MLA("r6", "r11") TE_T2_MLA("r7", "r10")                           \
    TE_T2_ON
#define TE_T2_ROW_3_1                                                                              \
    TE_T2_BEGIN_1                                                                                  \
    TE_T2_X("") TE_T2_MLA("r6", "r12") TE_T2_MLA("r7", "r11")                                      \
    TE_T2_X(", r4") TE_T2_MLA("r7", "r12")
#define TE_T2_ROW_5_1                                                                              \
    TE_T2_BEGIN_1                                                                                  \
    TE_T2_X("") TE_T2_MLA("r6", "r12") TE_T2_MLA("r7", "r11") TE_T2_MLA("r8", "r10")               \
    TE_T2_X(", r2") TE_T2_MLA("r7", "r12") TE_T2_MLA("r8", "r11") TE_T2_MLA("r9", "r10")           \
    TE_T2_X(", r2, lsl #1") TE_T2_MLA("r8", "r12") TE_T2_MLA("r9", "r11")                          \
    TE_T2_X(", r4") TE_T2_MLA("r9", "r12")

/* Likewise 3 outputs with stride 2. */
#define TE_T2_ROW_3_2                                                                              \
    TE_T2_BEGIN_ROW("r5")                                                                          \
    TE_T2_X(", r2") TE_T2_W("r12") TE_T2_MLA("r5", "r12") TE_T2_MLA("r6", "r10") TE_T2_ON          \
    TE_T2_X("") TE_T2_MLA("r6", "r11")                                                             \
    TE_T2_X(", r2") TE_T2_MLA("r6", "r12") TE_T2_MLA("r7", "r10")                                  \
    TE_T2_X(", r2, lsl #1") TE_T2_MLA("r7", "r11")                                                 \
    TE_T2_X(", r4") TE_T2_MLA("r7", "r12")

/* te_base_output and te_base_output_once of a sum. */
#define TE_T2_te_base_output(sum, at)                                                              \
    "lsl r10, " sum ", #1\n\t"                                                                     \
    "smull r11, r10, r10, r0\n\t"                                                                  \
    "add r10, r10, r1\n\t"                                                                         \
    "add r10, r10, r11, lsr #31\n\t"                                                               \
    "add r10, r10, " sum ", asr #31\n\t"                                                           \
    TE_T2_STORE(at)
#define TE_T2_te_base_output_once(sum, at)                                                         \
    "lsl r10, " sum ", #1\n\t"                                                                     \
    "smull r11, r10, r10, r0\n\t"                                                                  \
    "add r10, r10, r1\n\t"                                                                         \
    TE_T2_STORE(at)
#define TE_T2_STORE(at)                                                                            \
    "asr r10, r10, r2\n\t"                                                                         \
    "ssat r10, #8, r10\n\t"                                                                        \
    "strb r10, [r3" at "]\n\t"
#define TE_T2_OUTPUT_BY(name, sum, at) TE_T2_##name(sum, at)
#define TE_T2_OUTPUT_OF(name, sum, at) TE_T2_OUTPUT_BY(name, sum, at)
#define TE_T2_OUTPUT(sum, at) TE_T2_OUTPUT_OF(TE_BASE_OUTPUT, sum, at)

#define TE_T2_OUT_2 "add r3, r3, r4, lsl #1\n\t"
#define TE_T2_OUTPUTS_2 TE_T2_OUTPUT("r5", "") TE_T2_OUTPUT("r6", ", r4") TE_T2_OUT_2
#define TE_T2_OUTPUTS_3 TE_T2_OUTPUTS_2 TE_T2_OUTPUT("r7", "") "add r3, r3, r4\n\t"
#define TE_T2_OUTPUTS_5                                                                            \
    TE_T2_OUTPUTS_2 TE_T2_OUTPUT("r7", "") TE_T2_OUTPUT("r8", ", r4") TE_T2_OUT_2                  \
    TE_T2_OUTPUT("r9", "") "add r3, r3, r4\n\t"

/* On to the next group: later ones have no border on the left, the last one maybe on the right. */
#define TE_T2_NEXT_GROUP(count)                                                                    \
    "ldr r0, [sp]\n\t"                                                                             \
    "ldrd r10, r11, " TE_SWEEP_AT("r0", GROUPS)                                                    \
    "subs r10, r10, #1\n\t"                                                                       \
    "beq 8f\n\t"                                                                                  \
    "str r10, " TE_SWEEP_AT("r0", GROUPS)                                                          \
    "ldr r12, [r0]\n\t"                                                                           \
    "add r12, r12, r11\n\t"                                                                       \
    "str r12, [r0]\n\t"                                                                           \
    "str r3, " TE_SWEEP_AT("r0", OUT)                                                              \
    "ldrd r11, r12, " TE_SWEEP_AT("r0", LATER)                                                     \
    "str r11, " TE_SWEEP_AT("r0", FIRST)                                                           \
    "str r12, " TE_SWEEP_AT("r0", SUM)                                                             \
    "cmp r10, #1\n\t"                                                                             \
    "bne 1b\n\t"                                                                                  \
    "ldrd r11, r12, " TE_SWEEP_AT("r0", FINAL)                                                     \
    "str r11, " TE_SWEEP_AT("r0", LAST)                                                            \
    "str r12, [r0, #" TE_TEXT(TE_SWEEP_SUM) " + 4 * " #count " - 4]\n\t"                           \
    "ldrd r11, r12, " TE_SWEEP_AT("r0", FINAL_PLACE)                                               \
    "str r11, [r0]\n\t"                                                                           \
    "str r12, " TE_SWEEP_AT("r0", OUT)                                                             \
    "b 1b\n"                                                                                       \
    "8:\n\t"

#define TE_T2_NEXT_ROW(step) "ldr lr, " TE_SWEEP_FRAME(step) "add r0, r0, lr\n"

/* The function of one group size: three rows at a time, the first time maybe fewer. */
#define TE_T2_SWEEP(count, stride)                                                            \
    TE_NAKED static void te_depthwise_sweep_##count##_##stride(                                               \
        te_depthwise_sweep *sweep __attribute__((unused)))                                         \
    {                                                                                              \
        __asm__("push {r4-r11, lr}\n\t"                                                            \
                "add r1, r0, #" TE_TEXT(TE_SWEEP_ROW_STEP) "\n\t"                                  \
                "ldm r1, {r1-r3}\n\t"                                                              \
                "push {r0-r3}\n"                                                                   \
                "1:\n\t"                                                                           \
                "ldr r0, [sp]\n\t"                                                                 \
                "ldr lr, " TE_SWEEP_AT("r0", PLACE)                                                \
                "ldm r0, {r0-r9}\n\t"                                                              \
                "tbh [pc, lr, lsl #1]\n"                                                           \
                "5:\n\t"                                                                           \
                ".hword (10f - 5b) / 2, (12f - 5b) / 2, (11f - 5b) / 2, (13f - 5b) / 2\n"          \
                "10:\n\t" TE_T2_ROW_##count##_##stride TE_T2_NEXT_ROW(ROW_STEP)                                             \
                "11:\n\t" TE_T2_ROW_##count##_##stride TE_T2_NEXT_ROW(ROW_STEP_2)                                           \
                "12:\n\t" TE_T2_ROW_##count##_##stride                                                                      \
                "ldr lr, " TE_SWEEP_FRAME(WEIGHT_END)                                              \
                "cmp r1, lr\n\t"                                                                   \
                "beq 13f\n\t" TE_T2_NEXT_ROW(ROW_STEP)                                           \
                "b 10b\n"                                                                          \
                "13:\n\t"                                                                          \
                "ldr lr, [sp]\n\t"                                                                 \
                "add lr, lr, #" TE_TEXT(TE_SWEEP_FACTORS) "\n\t"                                   \
                "ldm lr, {r0-r4}\n\t" TE_T2_OUTPUTS_##count TE_T2_NEXT_GROUP(count)                 \
                "add sp, sp, #" TE_TEXT(TE_SWEEP_FRAME_NBYTES) "\n\t"                              \
                "pop {r4-r11, pc}");                                                               \
    }
/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
TE_T2_SWEEP(3, 1)
TE_T2_SWEEP(5, 1)
TE_T2_SWEEP(3, 2)
#pragma GCC diagnostic pop
/* clang-format on */

#endif
