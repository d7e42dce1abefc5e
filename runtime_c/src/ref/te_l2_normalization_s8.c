/* Vectors over their length, int8, portable C. */
#include "te_l2_normalization.h"

#include "te_reciprocal.h"

/* Outputs are in units of 2^-7. */
#define OUTPUT_BITS 7

/* A factor as Q31 multiplier and shift, left positive. */
typedef struct {
    int32_t multiplier;
    int32_t shift;
} factor;

/* value * 2^shift, or the nearest that 32 bits hold. */
static int32_t shift_saturated(int32_t value, int32_t shift)
{
    const int32_t most = INT32_MAX >> shift;
    if (value > most) {
        return INT32_MAX;
    }
    return value < -most - 1 ? INT32_MIN : value * (1 << shift);
}

/* 1 / sqrt(value) for value >= 0, 0 as 1: Newton's method in Q3.28 on a value in [1/4, 1). */
static factor inverse_sqrt(int32_t value)
{
    factor result = {INT32_MAX, 0};
    if (value <= 1) {
        return result;
    }
    int32_t right = 11;
    while (value >= 1 << 29) {
        value /= 4;
        right++;
    }
    const int32_t pairs = (te_leading_zeros(value) - 1) / 2 - 1;
    right -= pairs;
    const int32_t half_value = ((value << (2 * pairs) >> 1) + 1) >> 1;
    int32_t x = 1 << 28;
    for (int32_t step = 0; step < 5; step++) {
        const int32_t square = te_multiply_q31(x, x);
        const int32_t cube = shift_saturated(te_multiply_q31(square, x), 6);
        const int32_t difference = te_multiply_q31(x, 3 << 27) - te_multiply_q31(half_value, cube);
        x = shift_saturated(difference, 3);
    }
    const int32_t root = te_multiply_q31(x, 1518500250); /* sqrt(1/2) */
    result.multiplier = right < 0 ? root * (1 << -right) : root;
    result.shift = right < 0 ? 0 : -right;
    return result;
}

static int32_t sum_squares(const te_l2_normalization_params *op, const int8_t *row)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < op->depth; i++) {
        const int32_t value = row[i] - op->in_zero_point;
        sum += value * value;
    }
    return sum;
}

TE_SHARED void te_l2_normalization_s8(const te_l2_normalization_params *op, te_src in, te_dst out,
                                      int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int8_t *input = te_src_row(in, row);
        int8_t *output = te_dst_row(out, row);
        const factor scale = inverse_sqrt(sum_squares(op, input));
        for (int32_t i = 0; i < op->depth; i++) {
            const int32_t value = input[i] - op->in_zero_point;
            const int32_t units = te_requantize(value, scale.multiplier, scale.shift + OUTPUT_BITS);
            output[i] = (int8_t)te_clamp(units, INT8_MIN, INT8_MAX);
        }
    }
}
