/* Softmax, int8, portable C. */
#include "te_softmax.h"

#include "te_requantize.h"

/* Fraction bits of the sum of exponentials: Q12.19. */
#define SUM_FRACTION_BITS 19

/* Where sums saturate, 2048: from 512 on every output is -128, so it does not matter where. */
#define GREATEST_SUM (INT32_C(1) << 30)

static int8_t maximum(const int8_t *row, int32_t depth)
{
    int8_t most = row[0];
    for (int32_t i = 1; i < depth; i++) {
        most = row[i] > most ? row[i] : most;
    }
    return most;
}

/* Exponentials of the row's elements, added up in Q12.19; in [2^19, 2^30]. */
static int32_t sum_exponentials(const te_softmax_params *op, const int8_t *row, int32_t most)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < op->depth; i++) {
        const int32_t difference = most - row[i];
        if (difference < op->differences) {
            sum += te_shift_right_rounded(op->exponentials[difference], 31 - SUM_FRACTION_BITS);
            sum = sum < GREATEST_SUM ? sum : GREATEST_SUM;
        }
    }
    return sum;
}

/* Zero bits above the most significant one of a positive value. */
static int32_t leading_zeros(int32_t value)
{
    int32_t zeros = 0;
    for (uint32_t bits = (uint32_t)value; (bits & UINT32_C(0x80000000)) == 0U; bits <<= 1) {
        zeros++;
    }
    return zeros;
}

/* 1 / (1 + fraction) in Q0.31 for a fraction in [0, 1) in Q0.31.
 * Newton-Raphson in Q2.29 from the estimate 48/17 - 32/17 * half the denominator.
 */
static int32_t reciprocal_of_one_plus(int32_t fraction)
{
    const int32_t one = 1 << 29;
    const int32_t half_denominator = (1 << 30) + (fraction >> 1);
    int32_t x = 1515870810 + te_multiply_q31(-1010580540, half_denominator);
    for (int32_t step = 0; step < 3; step++) {
        const int32_t error = one - te_multiply_q31(x, half_denominator);
        x += te_multiply_q31(error, x) * 4;
    }
    return x < (1 << 30) ? x * 2 : INT32_MAX;
}

static void divide_by_sum(const te_softmax_params *op, const int8_t *row, int32_t most, int32_t sum,
                          int8_t *output)
{
    const int32_t zeros = leading_zeros(sum);
    const int32_t fraction = (int32_t)(((uint32_t)sum << zeros) - UINT32_C(0x80000000));
    const int32_t scale = reciprocal_of_one_plus(fraction);
    const int32_t shift = (31 - SUM_FRACTION_BITS) - zeros + (31 - 8);
    for (int32_t i = 0; i < op->depth; i++) {
        const int32_t difference = most - row[i];
        int32_t value = 0;
        if (difference < op->differences && shift <= 31) {
            const int32_t quotient = te_multiply_q31(op->exponentials[difference], scale);
            value = te_shift_right_rounded(quotient, shift);
        }
        output[i] = (int8_t)te_clamp(value + INT8_MIN, INT8_MIN, INT8_MAX);
    }
}

TE_SHARED void te_softmax_s8(const te_softmax_params *op, te_src in, te_dst out, int32_t first,
                             int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int8_t *input = te_src_row(in, row);
        const int32_t most = maximum(input, op->depth);
        const int32_t sum = sum_exponentials(op, input, most);
        divide_by_sum(op, input, most, sum, te_dst_row(out, row));
    }
}
