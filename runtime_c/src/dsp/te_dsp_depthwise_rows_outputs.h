/* Outputs of a 3x3 depthwise convolution for cores that issue one instruction at a time: two whose
 * windows are inside the row, by stride, and one at either end. The registers are those of
 * te_dsp_depthwise_rows.h.
 */
#ifndef TE_DSP_DEPTHWISE_ROWS_OUTPUTS_H
#define TE_DSP_DEPTHWISE_ROWS_OUTPUTS_H

/* clang-format off */
/* Two windows' products with a row, by stride: r3 has its elements 0 and 2, r9 1 and 3. `half` of
 * `inner` is the middle weight; the first row's products are added to the bias in r11.
 */
#define TE_ROW_PRODUCTS_1(row, outer, inner, half, sum)                                            \
    "ldr r9, [" row "], #2\n\t"                                                                    \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"                                                                    \
    "smlad r10, r3, " outer ", " sum "\n\t"                                                        \
    "smlad r11, r9, " outer ", r11\n\t"                                                            \
    "smlab" half " r10, r9, " inner ", r10\n\t"                                                    \
    "smlat" half " r11, r3, " inner ", r11\n\t"

#define TE_ROW_PRODUCTS_2(row, outer, inner, half, sum)                                            \
    "ldr r9, [" row "], #4\n\t"                                                                    \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"                                                                    \
    "smlad r10, r3, " outer ", " sum "\n\t"                                                        \
    "smlatb r11, r3, " outer ", r11\n\t"                                                           \
    "ldrsb r3, [" row "]\n\t"                                                                      \
    "smlab" half " r10, r9, " inner ", r10\n\t"                                                    \
    "smlat" half " r11, r9, " inner ", r11\n\t"                                                    \
    "smlabt r11, r3, " outer ", r11\n\t"

/* Two outputs whose windows are inside the row. */
#define TE_ROW_PAIR(products, round)                                                               \
    "ldr r11, " TE_ROW_AT(BIAS) "\n\t"                                                             \
    products("r0", "r4", "r7", "b", "r11")                                                         \
    products("r1", "r5", "r7", "t", "r10")                                                         \
    products("r2", "r6", "r8", "b", "r10")                                                         \
    "ldrd r3, r9, " TE_ROW_AT(MULTIPLIER) "\n\t"                                                   \
    "smmla r10, r10, r3, r9\n\t"                                                                   \
    "smmla r11, r11, r3, r9\n\t"                                                                   \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "strb r11, [r12, lr]\n\t"                                                                      \
    "add r12, r12, lr, lsl #1\n\t"

#define TE_ROW_PAIR_1(round) TE_ROW_PAIR(TE_ROW_PRODUCTS_1, round)
#define TE_ROW_PAIR_2(round) TE_ROW_PAIR(TE_ROW_PRODUCTS_2, round)

/* An output of two columns of the rows: the bias, and products with r3 and r9. */
#define TE_ROW_END(bias, products_0, products_1, products_2, round)                                \
    "ldr r10, " bias "\n\t"                                                                        \
    "ldrsb r3, [r0]\n\t"                                                                           \
    "ldrsb r9, [r0, #1]\n\t"                                                                       \
    products_0                                                                                     \
    "ldrsb r3, [r1]\n\t"                                                                           \
    "ldrsb r9, [r1, #1]\n\t"                                                                       \
    products_1                                                                                     \
    "ldrsb r3, [r2]\n\t"                                                                           \
    "ldrsb r9, [r2, #1]\n\t"                                                                       \
    products_2                                                                                     \
    "ldrd r3, r9, " TE_ROW_AT(MULTIPLIER) "\n\t"                                                   \
    "smmla r10, r10, r3, r9\n\t"                                                                   \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "add r12, r12, lr\n\t"

#define TE_ROW_LEFT(round)                                                                         \
    TE_ROW_END(TE_ROW_AT(LEFT_BIAS),                                                               \
               "smlabb r10, r3, r7, r10\n\t"                                                       \
               "smlabt r10, r9, r4, r10\n\t",                                                      \
               "smlabt r10, r3, r7, r10\n\t"                                                       \
               "smlabt r10, r9, r5, r10\n\t",                                                      \
               "smlabb r10, r3, r8, r10\n\t"                                                       \
               "smlabt r10, r9, r6, r10\n\t",                                                      \
               round)

#define TE_ROW_RIGHT(round)                                                                        \
    TE_ROW_END(TE_ROW_AT(RIGHT_BIAS),                                                              \
               "smlabb r10, r3, r4, r10\n\t"                                                       \
               "smlabb r10, r9, r7, r10\n\t",                                                      \
               "smlabb r10, r3, r5, r10\n\t"                                                       \
               "smlabt r10, r9, r7, r10\n\t",                                                      \
               "smlabb r10, r3, r6, r10\n\t"                                                       \
               "smlabb r10, r9, r8, r10\n\t",                                                      \
               round)
/* clang-format on */

#endif
