/* Outputs of a 3x3 depthwise convolution for cores that issue two instructions at a time: two whose
 * windows are inside the row, by stride, and one at either end. What stands on one line goes together.
 *
 * The registers are those of te_dsp_depthwise_rows.h, but for lr: until pixel_step is needed it holds
 * elements too, so that a row is loaded while the one before is multiplied.
 *
 * Cycles of two: 21 and 24; of one at an end: 15.
 */
#ifndef TE_DSP_DEPTHWISE_ROWS_OUTPUTS_H
#define TE_DSP_DEPTHWISE_ROWS_OUTPUTS_H

/* clang-format off */
#define TE_ROW_PAIR_1(round)                                                                       \
    "ldr.w r9, [r0], #2\n\t"                  "ldr.w r11, " TE_ROW_AT(BIAS) "\n\t"                 \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r4, r11\n\t"                         \
    "smlatb r11, r3, r7, r11\n\t"             "ldr.w lr, [r1], #2\n\t"                             \
    "sxtb16 r3, lr\n\t"                       "smlad r11, r9, r4, r11\n\t"                         \
    "smlabb r10, r9, r7, r10\n\t"             "ldr.w r9, [r2], #2\n\t"                             \
    "sxtb16 lr, lr, ror #8\n\t"               "smlad r10, r3, r5, r10\n\t"                         \
    "smlatt r11, r3, r7, r11\n\t"                                                                  \
    "sxtb16 r3, r9\n\t"                       "smlad r11, lr, r5, r11\n\t"                         \
    "smlabt r10, lr, r7, r10\n\t"             "ldr.w lr, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r6, r10\n\t"                         \
    "smlabb r10, r9, r8, r10\n\t"                                                                  \
    "smlad r11, r9, r6, r11\n\t"                                                                   \
    "smlatb r11, r3, r8, r11\n\t"             "ldr.w r9, " TE_ROW_AT(OFFSET) "\n\t"                \
    "smmla r10, r10, lr, r9\n\t"                                                                   \
    "smmla r11, r11, lr, r9\n\t"                                                                   \
    "ldr.w lr, " TE_ROW_AT(PIXEL_STEP) "\n\t"                                                      \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "strb r11, [r12, lr]\n\t"                                                                      \
    "add r12, r12, lr, lsl #1\n\t"

#define TE_ROW_PAIR_2(round)                                                                       \
    "ldr.w r9, [r0], #4\n\t"                  "ldr.w r11, " TE_ROW_AT(BIAS) "\n\t"                 \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r4, r11\n\t"                         \
    "smlatb r11, r3, r4, r11\n\t"             "ldrsb.w lr, [r0]\n\t"                               \
    "smlabb r10, r9, r7, r10\n\t"                                                                  \
    "smlatb r11, r9, r7, r11\n\t"             "ldr.w r3, [r1], #4\n\t"                             \
    "sxtb16 r9, r3\n\t"                       "smlabt r11, lr, r4, r11\n\t"                        \
    "sxtb16 r3, r3, ror #8\n\t"               "smlad r10, r9, r5, r10\n\t"                         \
    "smlatb r11, r9, r5, r11\n\t"             "ldrsb.w lr, [r1]\n\t"                               \
    "smlabt r10, r3, r7, r10\n\t"                                                                  \
    "smlatt r11, r3, r7, r11\n\t"             "ldr.w r9, [r2], #4\n\t"                             \
    "sxtb16 r3, r9\n\t"                       "smlabt r11, lr, r5, r11\n\t"                        \
    "sxtb16 r9, r9, ror #8\n\t"               "smlad r10, r3, r6, r10\n\t"                         \
    "smlatb r11, r3, r6, r11\n\t"             "ldrsb.w lr, [r2]\n\t"                               \
    "smlabb r10, r9, r8, r10\n\t"                                                                  \
    "smlatb r11, r9, r8, r11\n\t"             "ldr.w r9, " TE_ROW_AT(MULTIPLIER) "\n\t"            \
    "ldr.w r3, " TE_ROW_AT(OFFSET) "\n\t"     "smlabt r11, lr, r6, r11\n\t"                        \
    "smmla r10, r10, r9, r3\n\t"                                                                   \
    "smmla r11, r11, r9, r3\n\t"                                                                   \
    "ldr.w lr, " TE_ROW_AT(PIXEL_STEP) "\n\t"                                                      \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "strb r11, [r12, lr]\n\t"                                                                      \
    "add r12, r12, lr, lsl #1\n\t"

/* An output of two columns of the rows: the bias, and products with r3 and r9 of the first row, r11
 * and lr of the second, r3 and r9 of the third.
 */
#define TE_ROW_END(bias, products_0, products_1, products_2, round)                                \
    "ldr.w r10, " bias "\n\t"                                                                      \
    "ldrsb.w r3, [r0]\n\t"                                                                         \
    "ldrsb.w r9, [r0, #1]\n\t"                                                                     \
    "ldrsb.w r11, [r1]\n\t"                                                                        \
    "ldrsb.w lr, [r1, #1]\n\t"                                                                     \
    products_0                                                                                     \
    "ldrsb.w r3, [r2]\n\t"                                                                         \
    "ldrsb.w r9, [r2, #1]\n\t"                                                                     \
    products_1                                                                                     \
    "ldr.w r11, " TE_ROW_AT(MULTIPLIER) "\n\t"                                                     \
    "ldr.w lr, " TE_ROW_AT(OFFSET) "\n\t"                                                          \
    products_2                                                                                     \
    "smmla r10, r10, r11, lr\n\t"                                                                  \
    "ldr.w lr, " TE_ROW_AT(PIXEL_STEP) "\n\t"                                                      \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "add r12, r12, lr\n\t"

#define TE_ROW_LEFT(round)                                                                         \
    TE_ROW_END(TE_ROW_AT(LEFT_BIAS),                                                               \
               "smlabb r10, r3, r7, r10\n\t" "smlabt r10, r9, r4, r10\n\t",                        \
               "smlabt r10, r11, r7, r10\n\t" "smlabt r10, lr, r5, r10\n\t",                       \
               "smlabb r10, r3, r8, r10\n\t" "smlabt r10, r9, r6, r10\n\t",                        \
               round)

#define TE_ROW_RIGHT(round)                                                                        \
    TE_ROW_END(TE_ROW_AT(RIGHT_BIAS),                                                              \
               "smlabb r10, r3, r4, r10\n\t" "smlabb r10, r9, r7, r10\n\t",                        \
               "smlabb r10, r11, r5, r10\n\t" "smlabt r10, lr, r7, r10\n\t",                       \
               "smlabb r10, r3, r6, r10\n\t" "smlabb r10, r9, r8, r10\n\t",                        \
               round)
/* clang-format on */

#endif
