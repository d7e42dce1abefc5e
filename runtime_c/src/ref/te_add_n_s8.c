/* The sum of several tensors, int8, portable C. */
#include "te_add_n.h"

#include "te_requantize.h"

TE_SHARED void te_add_n_s8(const te_add_n_params *op, const te_src *in, te_dst out, int32_t first,
                           int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        int8_t *output = te_dst_row(out, row);
        for (int32_t i = 0; i < op->row_elements; i++) {
            int32_t sum = -op->zero_points;
            for (int32_t k = 0; k < op->operands; k++) {
                sum += te_src_row(in[k], row)[i];
            }
            const int32_t fine = sum * (1 << TE_FINE_SUM_SHIFT);
            const int32_t value = te_requantize(fine, op->multiplier, op->shift);
            output[i] = (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
        }
    }
}
