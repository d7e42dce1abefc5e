/* Vectors over their length, int8, portable C. */
#include "te_l2_normalization.h"

#include "te_inverse_sqrt.h"

/* Outputs are in units of 2^-7. */
#define OUTPUT_BITS 7

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
        const te_factor scale = te_inverse_sqrt(sum_squares(op, input));
        for (int32_t i = 0; i < op->depth; i++) {
            const int32_t value = input[i] - op->in_zero_point;
            const int32_t units = te_requantize(value, scale.multiplier, scale.shift + OUTPUT_BITS);
            output[i] = (int8_t)te_clamp(units, INT8_MIN, INT8_MAX);
        }
    }
}
