/* Outputs of a 3x3 depthwise convolution for cores that issue two instructions at a time: two of
 * which one window reaches over the row's end, one, and two whose windows are inside the row, by
 * stride. What stands on one line goes together.
 *
 * The registers are those of te_dsp_depthwise_rows.h, but for lr: it holds elements too, so that a
 * row is loaded while the one before is multiplied. Of every word, r3 becomes elements 0 and 2, the
 * word's register 1 and 3; with stride 2, the loop has the second two from a word of their own.
 * Sums end with the multiplier in lr.
 *
 * Cycles of two: 20, in the loop 18, with stride 2 24 and 21; at an end 21; of one 16.
 */
#ifndef TE_DSP_DEPTHWISE_ROWS_OUTPUTS_H
#define TE_DSP_DEPTHWISE_ROWS_OUTPUTS_H

/* clang-format off */
/* Two outputs of their sums; one. */
#define TE_ROW_STORE_TWO(round)                                                                    \
    "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"     "smmla r10, r10, lr, r3\n\t"                         \
    "smmla r11, r11, lr, r3\n\t"              "ldr.w r9, " TE_ROW_AT(PIXEL_STEP) "\n\t"            \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "strb r11, [r12, r9]\n\t"
#define TE_ROW_STORE_ONE(round)                                                                    \
    "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"     "smmla r10, r10, lr, r3\n\t"                         \
    "ldr.w r9, " TE_ROW_AT(PIXEL_STEP) "\n\t"                                                      \
    round                                                                                          \
    "strb r10, [r12]\n\t"                     "add r12, r12, r9\n\t"
#define TE_ROW_NEXT "add r12, r12, r9, lsl #1\n\t"

/* The first window starts before the row: r10 is its bias, r11 that of the second. */
#define TE_ROW_LEFT_SUMS_1                                                                         \
    "ldr.w r9, [r0], #1\n\t"                                                                       \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r11, r3, r4, r11\n\t"                         \
    "smlabb r11, r9, r7, r11\n\t"                                                                  \
    "smlabb r10, r3, r7, r10\n\t"             "ldr.w lr, [r1], #1\n\t"                             \
    "sxtb16 r3, lr\n\t"                       "smlabt r10, r9, r4, r10\n\t"                        \
    "sxtb16 lr, lr, ror #8\n\t"               "smlad r11, r3, r5, r11\n\t"                         \
    "smlabt r10, r3, r7, r10\n\t"             "ldr.w r9, [r2], #1\n\t"                             \
    "sxtb16 r3, r9\n\t"                       "smlabt r11, lr, r7, r11\n\t"                        \
    "smlabt r10, lr, r5, r10\n\t"                                                                  \
    "smlad r11, r3, r6, r11\n\t"              "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlabb r10, r3, r8, r10\n\t"                        \
    "smlabb r11, r9, r8, r11\n\t"                                                                  \
    "smlabt r10, r9, r6, r10\n\t"
#define TE_ROW_LEFT_SUMS_2                                                                         \
    "ldr.w r9, [r0], #3\n\t"                                                                       \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlabb r10, r3, r7, r10\n\t"                        \
    "smlad r11, r9, r4, r11\n\t"                                                                   \
    "smlatb r11, r3, r7, r11\n\t"             "ldr.w lr, [r1], #3\n\t"                             \
    "sxtb16 r3, lr\n\t"                       "smlabt r10, r9, r4, r10\n\t"                        \
    "sxtb16 lr, lr, ror #8\n\t"               "smlabt r10, r3, r7, r10\n\t"                        \
    "smlad r11, lr, r5, r11\n\t"                                                                   \
    "smlatt r11, r3, r7, r11\n\t"             "ldr.w r9, [r2], #3\n\t"                             \
    "sxtb16 r3, r9\n\t"                       "smlabt r10, lr, r5, r10\n\t"                        \
    "sxtb16 r9, r9, ror #8\n\t"               "smlabb r10, r3, r8, r10\n\t"                        \
    "smlad r11, r9, r6, r11\n\t"                                                                   \
    "smlatb r11, r3, r8, r11\n\t"                                                                  \
    "smlabt r10, r9, r6, r10\n\t"             "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"

/* One window inside the row. */
#define TE_ROW_ONE_SUMS_1                                                                          \
    "ldr.w r9, [r0], #1\n\t"                                                                       \
    "sxtb16 r3, r9\n\t"                       "ldr.w r10, " TE_ROW_AT(BIAS) "\n\t"                 \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r4, r10\n\t"                         \
    "smlabb r10, r9, r7, r10\n\t"             "ldr.w lr, [r1], #1\n\t"                             \
    "sxtb16 r3, lr\n\t"                                                                            \
    "sxtb16 lr, lr, ror #8\n\t"               "smlad r10, r3, r5, r10\n\t"                         \
    "smlabt r10, lr, r7, r10\n\t"             "ldr.w r9, [r2], #1\n\t"                             \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r6, r10\n\t"                         \
    "smlabb r10, r9, r8, r10\n\t"             "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"
#define TE_ROW_ONE_SUMS_2                                                                          \
    "ldr.w r9, [r0], #2\n\t"                                                                       \
    "sxtb16 r3, r9\n\t"                       "ldr.w r10, " TE_ROW_AT(BIAS) "\n\t"                 \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r4, r10\n\t"                         \
    "smlabb r10, r9, r7, r10\n\t"             "ldr.w lr, [r1], #2\n\t"                             \
    "sxtb16 r3, lr\n\t"                                                                            \
    "sxtb16 lr, lr, ror #8\n\t"               "smlad r10, r3, r5, r10\n\t"                         \
    "smlabt r10, lr, r7, r10\n\t"             "ldr.w r9, [r2], #2\n\t"                             \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r6, r10\n\t"                         \
    "smlabb r10, r9, r8, r10\n\t"             "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"

/* Two windows inside the row. */
#define TE_ROW_PAIR_SUMS_1                                                                         \
    "ldr.w r9, [r0], #2\n\t"                                                                       \
    "sxtb16 r3, r9\n\t"                       "ldr.w r11, " TE_ROW_AT(BIAS) "\n\t"                 \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r4, r11\n\t"                         \
    "smlatb r11, r3, r7, r11\n\t"             "ldr.w lr, [r1], #2\n\t"                             \
    "sxtb16 r3, lr\n\t"                       "smlabb r10, r9, r7, r10\n\t"                        \
    "smlad r11, r9, r4, r11\n\t"                                                                   \
    "smlad r10, r3, r5, r10\n\t"              "ldr.w r9, [r2], #2\n\t"                             \
    "sxtb16 lr, lr, ror #8\n\t"               "smlatt r11, r3, r7, r11\n\t"                        \
    "sxtb16 r3, r9\n\t"                       "smlabt r10, lr, r7, r10\n\t"                        \
    "smlad r11, lr, r5, r11\n\t"              "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r6, r10\n\t"                         \
    "smlatb r11, r3, r8, r11\n\t"                                                                  \
    "smlabb r10, r9, r8, r10\n\t"                                                                  \
    "smlad r11, r9, r6, r11\n\t"
#define TE_ROW_PAIR_SUMS_2                                                                         \
    "ldr.w r9, [r0], #4\n\t"                                                                       \
    "sxtb16 r3, r9\n\t"                       "ldr.w r11, " TE_ROW_AT(BIAS) "\n\t"                 \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r4, r11\n\t"                         \
    "smlatb r11, r3, r4, r11\n\t"             "ldrsb.w lr, [r0]\n\t"                               \
    "smlabb r10, r9, r7, r10\n\t"                                                                  \
    "smlatb r11, r9, r7, r11\n\t"             "ldr.w r9, [r1], #4\n\t"                             \
    "sxtb16 r3, r9\n\t"                       "smlabt r11, lr, r4, r11\n\t"                        \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r5, r10\n\t"                         \
    "smlatb r11, r3, r5, r11\n\t"             "ldrsb.w lr, [r1]\n\t"                               \
    "smlabt r10, r9, r7, r10\n\t"                                                                  \
    "smlatt r11, r9, r7, r11\n\t"             "ldr.w r9, [r2], #4\n\t"                             \
    "sxtb16 r3, r9\n\t"                       "smlabt r11, lr, r5, r11\n\t"                        \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r6, r10\n\t"                         \
    "smlatb r11, r3, r6, r11\n\t"             "ldrsb.w lr, [r2]\n\t"                               \
    "smlabb r10, r9, r8, r10\n\t"                                                                  \
    "smlatb r11, r9, r8, r11\n\t"                                                                  \
    "smlabt r11, lr, r6, r11\n\t"             "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"

/* The last window ends behind the row. */
#define TE_ROW_RIGHT_SUMS_1                                                                        \
    "ldr.w r10, " TE_ROW_AT(BIAS) "\n\t"      "ldr.w r11, " TE_ROW_AT(RIGHT_BIAS) "\n\t"           \
    "ldr r9, [r0, #-1]\n\t"                                                                        \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlatb r11, r3, r4, r11\n\t"                        \
    "smlad r10, r9, r4, r10\n\t"                                                                   \
    "smlatb r10, r3, r7, r10\n\t"             "ldr lr, [r1, #-1]\n\t"                              \
    "sxtb16 r3, lr\n\t"                       "smlatb r11, r9, r7, r11\n\t"                        \
    "sxtb16 lr, lr, ror #8\n\t"               "smlatb r11, r3, r5, r11\n\t"                        \
    "smlad r10, lr, r5, r10\n\t"                                                                   \
    "smlatt r10, r3, r7, r10\n\t"             "ldr r9, [r2, #-1]\n\t"                              \
    "sxtb16 r3, r9\n\t"                       "smlatt r11, lr, r7, r11\n\t"                        \
    "sxtb16 r9, r9, ror #8\n\t"               "smlatb r11, r3, r6, r11\n\t"                        \
    "smlad r10, r9, r6, r10\n\t"                                                                   \
    "smlatb r10, r3, r8, r10\n\t"                                                                  \
    "smlatb r11, r9, r8, r11\n\t"             "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"
#define TE_ROW_RIGHT_SUMS_2                                                                        \
    "ldr.w r10, " TE_ROW_AT(BIAS) "\n\t"      "ldr.w r11, " TE_ROW_AT(RIGHT_BIAS) "\n\t"           \
    "ldr.w r9, [r0]\n\t"                                                                           \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r4, r10\n\t"                         \
    "smlabb r10, r9, r7, r10\n\t"                                                                  \
    "smlatb r11, r3, r4, r11\n\t"             "ldr.w lr, [r1]\n\t"                                 \
    "sxtb16 r3, lr\n\t"                       "smlatb r11, r9, r7, r11\n\t"                        \
    "sxtb16 lr, lr, ror #8\n\t"               "smlad r10, r3, r5, r10\n\t"                         \
    "smlatb r11, r3, r5, r11\n\t"             "ldr.w r9, [r2]\n\t"                                 \
    "sxtb16 r3, r9\n\t"                       "smlabt r10, lr, r7, r10\n\t"                        \
    "smlatt r11, lr, r7, r11\n\t"                                                                  \
    "smlad r10, r3, r6, r10\n\t"              "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlatb r11, r3, r6, r11\n\t"                        \
    "smlabb r10, r9, r8, r10\n\t"                                                                  \
    "smlatb r11, r9, r8, r11\n\t"


/* All of these with their stores. */
#define TE_ROW_LEFT_1(round) TE_ROW_LEFT_SUMS_1 TE_ROW_STORE_TWO(round) TE_ROW_NEXT
#define TE_ROW_LEFT_2(round) TE_ROW_LEFT_SUMS_2 TE_ROW_STORE_TWO(round) TE_ROW_NEXT
#define TE_ROW_ONE_1(round) TE_ROW_ONE_SUMS_1 TE_ROW_STORE_ONE(round)
#define TE_ROW_ONE_2(round) TE_ROW_ONE_SUMS_2 TE_ROW_STORE_ONE(round)
#define TE_ROW_PAIR_1(round) TE_ROW_PAIR_SUMS_1 TE_ROW_STORE_TWO(round) TE_ROW_NEXT
#define TE_ROW_PAIR_2(round) TE_ROW_PAIR_SUMS_2 TE_ROW_STORE_TWO(round) TE_ROW_NEXT
#define TE_ROW_RIGHT_1(round) TE_ROW_RIGHT_SUMS_1 TE_ROW_STORE_TWO(round)
#define TE_ROW_RIGHT_2(round) TE_ROW_RIGHT_SUMS_2 TE_ROW_STORE_TWO(round)

/* Stores two outputs of 10 bits while the sums of the next two are computed, and counts them. */
#define TE_ROW_LOOP_1                                                                              \
    "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"     "smmla r10, r10, lr, r3\n\t"                         \
    "smmla r11, r11, lr, r3\n\t"              "ldr.w r9, [r0], #2\n\t"                             \
    "sxtb16 r3, r9\n\t"                       "ldr.w lr, " TE_ROW_AT(PIXEL_STEP) "\n\t"            \
    "ssat r10, #8, r10, asr #10\n\t"          "strb r10, [r12]\n\t"                                \
    "sxtb16 r9, r9, ror #8\n\t"               "ldr.w r10, " TE_ROW_AT(BIAS) "\n\t"                 \
    "ssat r11, #8, r11, asr #10\n\t"          "strb r11, [r12, lr]\n\t"                            \
    "add r12, r12, lr, lsl #1\n\t"            "smlatb r11, r3, r7, r10\n\t"                        \
    "smlad r10, r3, r4, r10\n\t"              "ldr.w lr, [r1], #2\n\t"                             \
    "sxtb16 r3, lr\n\t"                       "smlad r11, r9, r4, r11\n\t"                         \
    "smlabb r10, r9, r7, r10\n\t"             "ldr.w r9, [r2], #2\n\t"                             \
    "sxtb16 lr, lr, ror #8\n\t"               "smlad r10, r3, r5, r10\n\t"                         \
    "smlatt r11, r3, r7, r11\n\t"             "subs r8, r8, #0x80000\n\t"                          \
    "sxtb16 r3, r9\n\t"                       "smlad r11, lr, r5, r11\n\t"                         \
    "smlabt r10, lr, r7, r10\n\t"             "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r6, r10\n\t"                         \
    "smlabb r10, r9, r8, r10\n\t"                                                                  \
    "smlatb r11, r3, r8, r11\n\t"                                                                  \
    "smlad r11, r9, r6, r11\n\t"
#define TE_ROW_LOOP_2                                                                              \
    "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"     "smmla r10, r10, lr, r3\n\t"                         \
    "smmla r11, r11, lr, r3\n\t"              "ldr.w lr, " TE_ROW_AT(PIXEL_STEP) "\n\t"            \
    "ldr.w r3, [r0, #1]\n\t"                                                                       \
    "ssat r10, #8, r10, asr #10\n\t"          "strb r10, [r12]\n\t"                                \
    "ssat r11, #8, r11, asr #10\n\t"          "ldr.w r9, [r0], #4\n\t"                             \
    "strb r11, [r12, lr]\n\t"                 "add r12, r12, lr, lsl #1\n\t"                       \
    "sxtb16 r9, r9\n\t"                       "ldr.w r11, " TE_ROW_AT(BIAS) "\n\t"                 \
    "sxtb16 lr, r3\n\t"                       "smlad r10, r9, r4, r11\n\t"                         \
    "sxtb16 r3, r3, ror #8\n\t"               "smlabb r10, lr, r7, r10\n\t"                        \
    "smlatb r11, lr, r7, r11\n\t"             "ldr.w lr, [r1, #1]\n\t"                             \
    "ldr.w r9, [r1], #4\n\t"                  "smlad r11, r3, r4, r11\n\t"                         \
    "sxtb16 r3, r9\n\t"                       "subs r8, r8, #0x80000\n\t"                          \
    "sxtb16 r9, lr\n\t"                       "smlad r10, r3, r5, r10\n\t"                         \
    "sxtb16 lr, lr, ror #8\n\t"               "smlabt r10, r9, r7, r10\n\t"                        \
    "smlatt r11, r9, r7, r11\n\t"                                                                  \
    "smlad r11, lr, r5, r11\n\t"              "ldr.w r9, [r2, #1]\n\t"                             \
    "sxtb16 r3, r9\n\t"                       "ldr.w lr, [r2], #4\n\t"                             \
    "sxtb16 lr, lr\n\t"                       "smlatb r11, r3, r8, r11\n\t"                        \
    "smlad r10, lr, r6, r10\n\t"              "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlabb r10, r3, r8, r10\n\t"                        \
    "smlad r11, r9, r6, r11\n\t"

/* All outputs of a channel with 10 bits. The sums of the left pair go into the loop if they can. */
#define TE_ROW_TENS(left_sums, one, pair_sums, loop, right)                                        \
    "tst r8, #0x10000\n\t"                                                                         \
    "beq.w 2f\n\t"                                                                                 \
    left_sums                                                                                      \
    "tst r8, #0x20000\n\t"                                                                         \
    "beq.w 3f\n\t"                                                                                 \
    TE_ROW_STORE_TWO(TE_ROW_TEN_2) TE_ROW_NEXT                                                     \
    "2: tst r8, #0x20000\n\t"                                                                      \
    "beq.w 2f\n\t"                                                                                 \
    one(TE_ROW_TEN_1)                                                                              \
    "2: subs r8, r8, #0x80000\n\t"                                                                 \
    "bmi.w 6f\n\t"                                                                                 \
    pair_sums                                                                                      \
    "3: subs r8, r8, #0x80000\n\t"                                                                 \
    "bmi.w 5f\n\t"                                                                                 \
    "4:\n\t"                                                                                       \
    loop                                                                                           \
    "bpl.w 4b\n\t"                                                                                 \
    "5:\n\t"                                                                                       \
    TE_ROW_STORE_TWO(TE_ROW_TEN_2) TE_ROW_NEXT                                                     \
    "6: tst r8, #0x40000\n\t"                                                                      \
    "beq.w 7f\n\t"                                                                                 \
    right(TE_ROW_TEN_2)                                                                            \
    "7:\n\t"
#define TE_ROW_TENS_1                                                                              \
    TE_ROW_TENS(TE_ROW_LEFT_SUMS_1, TE_ROW_ONE_1, TE_ROW_PAIR_SUMS_1, TE_ROW_LOOP_1, TE_ROW_RIGHT_1)
#define TE_ROW_TENS_2                                                                              \
    TE_ROW_TENS(TE_ROW_LEFT_SUMS_2, TE_ROW_ONE_2, TE_ROW_PAIR_SUMS_2, TE_ROW_LOOP_2, TE_ROW_RIGHT_2)
/* clang-format on */

#endif
