/* Sums along a dimension, int8, portable C. */
#include "te_cumsum.h"

#include "te_requantize.h"

/* The sum for element `at` of a row, which is number `index` along the dimension. */
static int32_t sum_up_to(const te_cumsum_params *op, te_src in, int32_t row, int32_t at,
                         int32_t index)
{
    const int32_t row_step = op->is_reverse ? op->row_step : -op->row_step;
    const int32_t byte_step = op->is_reverse ? op->byte_step : -op->byte_step;
    const int32_t others = op->is_reverse ? op->count - 1 - index : index;
    int32_t sum = -op->in_zero_point;
    for (int32_t k = op->is_exclusive; k <= others; k++) {
        sum += te_src_row(in, row + k * row_step)[at + k * byte_step] - op->in_zero_point;
    }
    return sum;
}

TE_SHARED void te_cumsum_s8(const te_cumsum_params *op, te_src in, te_dst out, int32_t first,
                            int32_t last)
{
    int32_t inner = first * op->row_elements % op->inner;
    int32_t index = first * op->row_elements / op->inner % op->count;
    for (int32_t row = first; row < last; row++) {
        int8_t *output = te_dst_row(out, row);
        for (int32_t i = 0; i < op->row_elements; i++) {
            const int32_t fine = sum_up_to(op, in, row, i, index) * (1 << TE_CUMSUM_SHIFT);
            const int32_t value = te_requantize(fine, op->multiplier, op->shift);
            output[i] = (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
            if (++inner == op->inner) {
                inner = 0;
                index = index + 1 < op->count ? index + 1 : 0;
            }
        }
    }
}
