/* Softmax of int8. A file that includes this has defined
 *
 *     TE_OUT   the type of outputs
 *     TE_BITS  how many bits it has
 */
#ifndef TE_SOFTMAX_S8_ROW_H
#define TE_SOFTMAX_S8_ROW_H

#include "te_softmax.h"

#include "te_reciprocal.h"

/* What outputs count up to, from 0 on. */
#define TE_MOST (1 << TE_BITS)
#define TE_LEAST (-TE_MOST / 2)

/* Fraction bits of the sum of exponentials: Q12.19. */
#define SUM_FRACTION_BITS 19

/* Where sums saturate, 2048: from 512 on every output of int8 is -128, so it does not matter where. */
#define GREATEST_SUM (INT32_C(1) << 30)

static int8_t maximum(const int8_t *row, int32_t depth)
{
    int8_t most = row[0];
    for (int32_t i = 1; i < depth; i++) {
        most = row[i] > most ? row[i] : most;
    }
    return most;
}

/* A value >= 0 over 2^shift rounded to nearest, halves up; shift in [1, 31]. */
static inline int32_t shift_right(int32_t value, int32_t shift)
{
    return (int32_t)(((uint32_t)value + (UINT32_C(1) << (shift - 1))) >> shift);
}

/* Exponentials of the row's elements, added up in Q12.19; in [2^19, 2^30]. */
static int32_t sum_exponentials(const te_softmax_params *op, const int8_t *row, int32_t most)
{
    const int32_t *const exponentials = op->exponentials;
    const int32_t differences = op->differences;
    int32_t sum = 0;
    int32_t i = 0;
    while (i < op->depth) {
        /* So few that the sum fits 32 bits. */
        const int32_t part = op->depth - i < 1024 ? op->depth : i + 1024;
        for (; i < part; i++) {
            const int32_t difference = most - row[i];
            if (difference < differences) {
                sum += shift_right(exponentials[difference], 31 - SUM_FRACTION_BITS);
            }
        }
        sum = sum < GREATEST_SUM ? sum : GREATEST_SUM;
    }
    return sum;
}

static void divide_by_sum(const te_softmax_params *op, const int8_t *row, int32_t most, int32_t sum,
                          TE_OUT *output)
{
    const int32_t *const exponentials = op->exponentials;
    const int32_t zeros = te_leading_zeros(sum);
    const int32_t fraction = (int32_t)(((uint32_t)sum << zeros) - UINT32_C(0x80000000));
    const int32_t scale = te_reciprocal_of_one_plus(fraction);
    const int32_t shift = (31 - SUM_FRACTION_BITS) - zeros + (31 - TE_BITS);
    const int32_t differences = shift <= 31 ? op->differences : 0;
    for (int32_t i = 0; i < op->depth; i++) {
        const int32_t difference = most - row[i];
        TE_ASSUME(difference >= 0);
        int32_t value = 0;
        if (difference < differences) {
            value = shift_right(te_multiply_q31(exponentials[difference], scale), shift);
        }
        output[i] = (TE_OUT)(value < TE_MOST ? value + TE_LEAST : TE_LEAST + TE_MOST - 1);
    }
}

#endif
