/* Outputs of a 3x3 depthwise convolution for cores that issue one instruction at a time: two of
 * which one window reaches over the row's end, one, and two whose windows are inside the row, by
 * stride. The registers are those of te_dsp_depthwise_rows.h.
 *
 * Every row's word becomes r3, elements 0 and 2 of four, and r9, 1 and 3. `half` of `inner` is the
 * middle weight of the row, `outer` the pair of the others.
 */
#ifndef TE_DSP_DEPTHWISE_ROWS_OUTPUTS_H
#define TE_DSP_DEPTHWISE_ROWS_OUTPUTS_H

/* clang-format off */
#define TE_ROW_LOAD(at)                                                                            \
    "ldr r9, " at "\n\t"                                                                           \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"

/* All rows of `products`. */
#define TE_ROW_ALL(products)                                                                       \
    products("r0", "r4", "r7", "b")                                                                \
    products("r1", "r5", "r7", "t")                                                                \
    products("r2", "r6", "r8", "b")

/* Writes two outputs, and one. */
#define TE_ROW_STORE_TWO(round)                                                                    \
    "ldrd r3, r9, " TE_ROW_AT(MULTIPLIER) "\n\t"                                                   \
    "smmla r10, r10, r3, r9\n\t"                                                                   \
    "smmla r11, r11, r3, r9\n\t"                                                                   \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "strb r11, [r12, lr]\n\t"
#define TE_ROW_STORE_ONE(round)                                                                    \
    "ldrd r3, r9, " TE_ROW_AT(MULTIPLIER) "\n\t"                                                   \
    "smmla r10, r10, r3, r9\n\t"                                                                   \
    round                                                                                          \
    "strb r10, [r12]\n\t"                                                                          \
    "add r12, r12, lr\n\t"
#define TE_ROW_NEXT "add r12, r12, lr, lsl #1\n\t"

/* Two windows inside the row: the first row's products are added to the bias in r11. With stride 2,
 * their last elements are in another word, one element on.
 */
#define TE_ROW_PRODUCTS_1(row, outer, inner, half, sum)                                            \
    TE_ROW_LOAD("[" row "], #2")                                                                   \
    "smlad r10, r3, " outer ", " sum "\n\t"                                                        \
    "smlad r11, r9, " outer ", r11\n\t"                                                            \
    "smlab" half " r10, r9, " inner ", r10\n\t"                                                    \
    "smlat" half " r11, r3, " inner ", r11\n\t"
#define TE_ROW_PRODUCTS_2(row, outer, inner, half, sum)                                            \
    "ldr r9, [" row ", #1]\n\t"                                                                    \
    "ldr r3, [" row "], #4\n\t"                                                                    \
    "sxtb16 r3, r3\n\t"                                                                            \
    "smlad r10, r3, " outer ", " sum "\n\t"                                                        \
    "sxtb16 r3, r9\n\t"                                                                            \
    "sxtb16 r9, r9, ror #8\n\t"                                                                    \
    "smlab" half " r10, r3, " inner ", r10\n\t"                                                    \
    "smlat" half " r11, r3, " inner ", r11\n\t"                                                    \
    "smlad r11, r9, " outer ", r11\n\t"

#define TE_ROW_PAIR(products, round)                                                               \
    "ldr r11, " TE_ROW_AT(BIAS) "\n\t"                                                             \
    products("r0", "r4", "r7", "b", "r11")                                                         \
    products("r1", "r5", "r7", "t", "r10")                                                         \
    products("r2", "r6", "r8", "b", "r10")                                                         \
    TE_ROW_STORE_TWO(round)                                                                        \
    TE_ROW_NEXT
#define TE_ROW_PAIR_1(round) TE_ROW_PAIR(TE_ROW_PRODUCTS_1, round)
#define TE_ROW_PAIR_2(round) TE_ROW_PAIR(TE_ROW_PRODUCTS_2, round)

/* One window inside the row. */
#define TE_ROW_ONE(load, round)                                                                    \
    "ldr r10, " TE_ROW_AT(BIAS) "\n\t"                                                             \
    TE_ROW_ALL(load)                                                                               \
    TE_ROW_STORE_ONE(round)
#define TE_ROW_ONE_PRODUCTS(load, outer, inner, half)                                              \
    load                                                                                           \
    "smlad r10, r3, " outer ", r10\n\t"                                                            \
    "smlab" half " r10, r9, " inner ", r10\n\t"
#define TE_ROW_ONE_PRODUCTS_1(row, outer, inner, half)                                             \
    TE_ROW_ONE_PRODUCTS(TE_ROW_LOAD("[" row "], #1"), outer, inner, half)
#define TE_ROW_ONE_PRODUCTS_2(row, outer, inner, half)                                             \
    TE_ROW_ONE_PRODUCTS(TE_ROW_LOAD("[" row "], #2"), outer, inner, half)
#define TE_ROW_ONE_1(round) TE_ROW_ONE(TE_ROW_ONE_PRODUCTS_1, round)
#define TE_ROW_ONE_2(round) TE_ROW_ONE(TE_ROW_ONE_PRODUCTS_2, round)

/* The first window starts before the row's four elements, so that it has two of them; the second
 * starts at element 0 or 1.
 */
#define TE_ROW_LEFT_FIRST(outer, inner, half)                                                      \
    "smlab" half " r10, r3, " inner ", r10\n\t"                                                    \
    "smlabt r10, r9, " outer ", r10\n\t"
#define TE_ROW_LEFT_PRODUCTS_1(row, outer, inner, half)                                            \
    TE_ROW_LOAD("[" row "], #1")                                                                   \
    "smlad r11, r3, " outer ", r11\n\t"                                                            \
    "smlab" half " r11, r9, " inner ", r11\n\t"                                                    \
    TE_ROW_LEFT_FIRST(outer, inner, half)
#define TE_ROW_LEFT_PRODUCTS_2(row, outer, inner, half)                                            \
    TE_ROW_LOAD("[" row "], #3")                                                                   \
    "smlad r11, r9, " outer ", r11\n\t"                                                            \
    "smlat" half " r11, r3, " inner ", r11\n\t"                                                    \
    TE_ROW_LEFT_FIRST(outer, inner, half)
#define TE_ROW_LEFT_1(round)                                                                       \
    TE_ROW_ALL(TE_ROW_LEFT_PRODUCTS_1) TE_ROW_STORE_TWO(round) TE_ROW_NEXT
#define TE_ROW_LEFT_2(round)                                                                       \
    TE_ROW_ALL(TE_ROW_LEFT_PRODUCTS_2) TE_ROW_STORE_TWO(round) TE_ROW_NEXT

/* The last window ends behind the row's last four elements. */
#define TE_ROW_RIGHT_LAST(outer, inner, half)                                                      \
    "smlatb r11, r3, " outer ", r11\n\t"                                                           \
    "smlat" half " r11, r9, " inner ", r11\n\t"
#define TE_ROW_RIGHT_PRODUCTS_1(row, outer, inner, half)                                           \
    TE_ROW_LOAD("[" row ", #-1]")                                                                  \
    "smlad r10, r9, " outer ", r10\n\t"                                                            \
    "smlat" half " r10, r3, " inner ", r10\n\t"                                                    \
    TE_ROW_RIGHT_LAST(outer, inner, half)
#define TE_ROW_RIGHT_PRODUCTS_2(row, outer, inner, half)                                           \
    TE_ROW_LOAD("[" row "]")                                                                       \
    "smlad r10, r3, " outer ", r10\n\t"                                                            \
    "smlab" half " r10, r9, " inner ", r10\n\t"                                                    \
    TE_ROW_RIGHT_LAST(outer, inner, half)
#define TE_ROW_RIGHT(products, round)                                                              \
    "ldr r10, " TE_ROW_AT(BIAS) "\n\t"                                                             \
    "ldr r11, " TE_ROW_AT(RIGHT_BIAS) "\n\t"                                                       \
    TE_ROW_ALL(products)                                                                           \
    TE_ROW_STORE_TWO(round)
#define TE_ROW_RIGHT_1(round) TE_ROW_RIGHT(TE_ROW_RIGHT_PRODUCTS_1, round)
#define TE_ROW_RIGHT_2(round) TE_ROW_RIGHT(TE_ROW_RIGHT_PRODUCTS_2, round)

/* All outputs of a channel with 10 bits. */
#define TE_ROW_TENS_1                                                                              \
    TE_ROW_CHANNEL(TE_ROW_LEFT_1, TE_ROW_ONE_1, TE_ROW_FOURS(TE_ROW_PAIR_1, TE_ROW_TEN_2),         \
                   TE_ROW_RIGHT_1, TE_ROW_TEN_2, TE_ROW_TEN_1)
#define TE_ROW_TENS_2                                                                              \
    TE_ROW_CHANNEL(TE_ROW_LEFT_2, TE_ROW_ONE_2, TE_ROW_FOURS(TE_ROW_PAIR_2, TE_ROW_TEN_2),         \
                   TE_ROW_RIGHT_2, TE_ROW_TEN_2, TE_ROW_TEN_1)
/* clang-format on */

#endif
