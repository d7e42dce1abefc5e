/* Outputs of a 3x3 depthwise convolution for cores that issue two instructions at a time: two of
 * which one window reaches over the row's end, one, and two whose windows are inside the row, by
 * stride. What stands on one line goes together.
 *
 * The registers are those of te_dsp_depthwise_rows.h, but for lr: it holds elements too, so that a
 * row is loaded while the one before is multiplied. Of every word, r3 becomes elements 0 and 2, the
 * word's register 1 and 3.
 *
 * Cycles of two: 20, with stride 2 23; at an end 21; of one 16.
 */
#ifndef TE_DSP_DEPTHWISE_ROWS_OUTPUTS_H
#define TE_DSP_DEPTHWISE_ROWS_OUTPUTS_H

/* clang-format off */
/* The first window starts before the row: r10 is its bias, r11 that of the second. */
#define TE_ROW_LEFT_1(round)                                                                       \
    "ldr.w r9, [r0], #1\n\t"                                                                       \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r11, r3, r4, r11\n\t"                         \
    "smlabb r11, r9, r7, r11\n\t"                                                                  \
    "smlabb r10, r3, r7, r10\n\t"             "ldr.w lr, [r1], #1\n\t"                             \
    "sxtb16 r3, lr\n\t"                       "smlabt r10, r9, r4, r10\n\t"                        \
    "sxtb16 lr, lr, ror #8\n\t"               "smlad r11, r3, r5, r11\n\t"                         \
    "smlabt r10, r3, r7, r10\n\t"             "ldr.w r9, [r2], #1\n\t"                             \
    "sxtb16 r3, r9\n\t"                       "smlabt r11, lr, r7, r11\n\t"                        \
    "smlabt r10, lr, r5, r10\n\t"             "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r11, r3, r6, r11\n\t"                         \
    "smlabb r11, r9, r8, r11\n\t"                                                                  \
    "smlabb r10, r3, r8, r10\n\t"                                                                  \
    "smlabt r10, r9, r6, r10\n\t"             "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"                \
    "smmla r11, r11, lr, r3\n\t"                                                                   \
    "smmla r10, r10, lr, r3\n\t"              "ldr.w r9, " TE_ROW_AT(PIXEL_STEP) "\n\t"            \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "strb r11, [r12, r9]\n\t"                                                                      \
    "add r12, r12, r9, lsl #1\n\t"

#define TE_ROW_LEFT_2(round)                                                                       \
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
    "smlad r11, r9, r6, r11\n\t"              "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "smlatb r11, r3, r8, r11\n\t"                                                                  \
    "smlabt r10, r9, r6, r10\n\t"             "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"                \
    "smmla r11, r11, lr, r3\n\t"                                                                   \
    "smmla r10, r10, lr, r3\n\t"              "ldr.w r9, " TE_ROW_AT(PIXEL_STEP) "\n\t"            \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "strb r11, [r12, r9]\n\t"                                                                      \
    "add r12, r12, r9, lsl #1\n\t"

/* One window inside the row. */
#define TE_ROW_ONE_1(round)                                                                        \
    "ldr.w r9, [r0], #1\n\t"                                                                       \
    "sxtb16 r3, r9\n\t"                       "ldr.w r10, " TE_ROW_AT(BIAS) "\n\t"                 \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r4, r10\n\t"                         \
    "smlabb r10, r9, r7, r10\n\t"             "ldr.w lr, [r1], #1\n\t"                             \
    "sxtb16 r3, lr\n\t"                                                                            \
    "sxtb16 lr, lr, ror #8\n\t"               "smlad r10, r3, r5, r10\n\t"                         \
    "smlabt r10, lr, r7, r10\n\t"             "ldr.w r9, [r2], #1\n\t"                             \
    "sxtb16 r3, r9\n\t"                       "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r6, r10\n\t"                         \
    "smlabb r10, r9, r8, r10\n\t"             "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"                \
    "smmla r10, r10, lr, r3\n\t"              "ldr.w r9, " TE_ROW_AT(PIXEL_STEP) "\n\t"            \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "add r12, r12, r9\n\t"

#define TE_ROW_ONE_2(round)                                                                        \
    "ldr.w r9, [r0], #2\n\t"                                                                       \
    "sxtb16 r3, r9\n\t"                       "ldr.w r10, " TE_ROW_AT(BIAS) "\n\t"                 \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r4, r10\n\t"                         \
    "smlabb r10, r9, r7, r10\n\t"             "ldr.w lr, [r1], #2\n\t"                             \
    "sxtb16 r3, lr\n\t"                                                                            \
    "sxtb16 lr, lr, ror #8\n\t"               "smlad r10, r3, r5, r10\n\t"                         \
    "smlabt r10, lr, r7, r10\n\t"             "ldr.w r9, [r2], #2\n\t"                             \
    "sxtb16 r3, r9\n\t"                       "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r6, r10\n\t"                         \
    "smlabb r10, r9, r8, r10\n\t"             "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"                \
    "smmla r10, r10, lr, r3\n\t"              "ldr.w r9, " TE_ROW_AT(PIXEL_STEP) "\n\t"            \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "add r12, r12, r9\n\t"

/* Two windows inside the row. */
#define TE_ROW_PAIR_1(round)                                                                       \
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
    "smlad r11, r9, r6, r11\n\t"              "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"                \
    "smmla r10, r10, lr, r3\n\t"                                                                   \
    "smmla r11, r11, lr, r3\n\t"              "ldr.w r9, " TE_ROW_AT(PIXEL_STEP) "\n\t"            \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "strb r11, [r12, r9]\n\t"                                                                      \
    "add r12, r12, r9, lsl #1\n\t"

#define TE_ROW_PAIR_2(round)                                                                       \
    "ldr.w r9, [r0], #4\n\t"                                                                       \
    "sxtb16 r3, r9\n\t"                       "ldr.w r11, " TE_ROW_AT(BIAS) "\n\t"                 \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r4, r11\n\t"                         \
    "smlatb r11, r3, r4, r11\n\t"             "ldrsb.w lr, [r0]\n\t"                               \
    "smlatb r11, r9, r7, r11\n\t"                                                                  \
    "smlabt r11, lr, r4, r11\n\t"             "ldr.w lr, [r1], #4\n\t"                             \
    "sxtb16 r3, lr\n\t"                       "smlabb r10, r9, r7, r10\n\t"                        \
    "sxtb16 lr, lr, ror #8\n\t"               "smlad r10, r3, r5, r10\n\t"                         \
    "smlatb r11, r3, r5, r11\n\t"             "ldrsb.w r9, [r1]\n\t"                               \
    "smlatt r11, lr, r7, r11\n\t"                                                                  \
    "smlabt r11, r9, r5, r11\n\t"             "ldr.w r9, [r2], #4\n\t"                             \
    "sxtb16 r3, r9\n\t"                       "smlabt r10, lr, r7, r10\n\t"                        \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r6, r10\n\t"                         \
    "smlatb r11, r3, r6, r11\n\t"             "ldrsb.w lr, [r2]\n\t"                               \
    "smlabb r10, r9, r8, r10\n\t"                                                                  \
    "smlatb r11, r9, r8, r11\n\t"             "ldr.w r9, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"     "smlabt r11, lr, r6, r11\n\t"                        \
    "smmla r10, r10, r9, r3\n\t"                                                                   \
    "smmla r11, r11, r9, r3\n\t"              "ldr.w lr, " TE_ROW_AT(PIXEL_STEP) "\n\t"            \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "strb r11, [r12, lr]\n\t"                                                                      \
    "add r12, r12, lr, lsl #1\n\t"

/* The last window ends behind the row. */
#define TE_ROW_RIGHT_1(round)                                                                      \
    "ldr.w r10, " TE_ROW_AT(BIAS) "\n\t"      "ldr.w r11, " TE_ROW_AT(RIGHT_BIAS) "\n\t"           \
    "ldr.w r9, [r0, #-1]\n\t"                                                                      \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlatb r11, r3, r4, r11\n\t"                        \
    "smlad r10, r9, r4, r10\n\t"                                                                   \
    "smlatb r10, r3, r7, r10\n\t"             "ldr.w lr, [r1, #-1]\n\t"                            \
    "sxtb16 r3, lr\n\t"                       "smlatb r11, r9, r7, r11\n\t"                        \
    "sxtb16 lr, lr, ror #8\n\t"               "smlatb r11, r3, r5, r11\n\t"                        \
    "smlad r10, lr, r5, r10\n\t"                                                                   \
    "smlatt r10, r3, r7, r10\n\t"             "ldr.w r9, [r2, #-1]\n\t"                            \
    "sxtb16 r3, r9\n\t"                       "smlatt r11, lr, r7, r11\n\t"                        \
    "sxtb16 r9, r9, ror #8\n\t"               "smlatb r11, r3, r6, r11\n\t"                        \
    "smlad r10, r9, r6, r10\n\t"              "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "smlatb r10, r3, r8, r10\n\t"                                                                  \
    "smlatb r11, r9, r8, r11\n\t"             "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"                \
    "smmla r10, r10, lr, r3\n\t"                                                                   \
    "smmla r11, r11, lr, r3\n\t"              "ldr.w r9, " TE_ROW_AT(PIXEL_STEP) "\n\t"            \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "strb r11, [r12, r9]\n\t"

#define TE_ROW_RIGHT_2(round)                                                                      \
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
    "smlatt r11, lr, r7, r11\n\t"             "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r6, r10\n\t"                         \
    "smlabb r10, r9, r8, r10\n\t"                                                                  \
    "smlatb r11, r3, r6, r11\n\t"                                                                  \
    "smlatb r11, r9, r8, r11\n\t"             "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"                \
    "smmla r10, r10, lr, r3\n\t"                                                                   \
    "smmla r11, r11, lr, r3\n\t"              "ldr.w r9, " TE_ROW_AT(PIXEL_STEP) "\n\t"            \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "strb r11, [r12, r9]\n\t"

/* clang-format on */

#endif
