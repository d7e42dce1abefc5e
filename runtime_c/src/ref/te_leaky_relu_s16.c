/* Leaky ReLU of int16, portable C. */
#include "te_leaky_relu.h"

#include "te_requantize.h"

static inline int32_t leaky_relu(const te_leaky_relu_params *op, int32_t x)
{
    if (x >= 0) {
        return te_requantize(x, op->positive_multiplier, op->positive_shift);
    }
    return te_requantize(x, op->negative_multiplier, op->negative_shift);
}

TE_SHARED void te_leaky_relu_s16(const te_leaky_relu_params *op, te_src in, te_dst out,
                                 int32_t first, int32_t last)
{
    const te_leaky_relu_params params = *op;
    for (int32_t row = first; row < last; row++) {
        const int16_t *input = te_src_row_s16(in, row);
        int16_t *output = te_dst_row_s16(out, row);
        for (int32_t i = 0; i < params.row_elements; i++) {
            const int32_t value = leaky_relu(&params, input[i]);
            output[i] = (int16_t)te_clamp(value, params.act_min, params.act_max);
        }
    }
}
