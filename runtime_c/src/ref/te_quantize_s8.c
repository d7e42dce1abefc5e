/* Requantization between 8-bit types, portable C. */
#include "te_quantize.h"

#include "te_requantize.h"

TE_SHARED void te_quantize_s8(const te_quantize_params *op, te_src in, te_dst out, int32_t first,
                              int32_t last)
{
    const te_quantize_params params = *op;
    for (int32_t row = first; row < last; row++) {
        const int8_t *input = te_src_row(in, row);
        int8_t *output = te_dst_row(out, row);
        for (int32_t i = 0; i < params.row_elements; i++) {
            const int32_t x = (int8_t)(input[i] ^ params.in_flip) - params.in_zero_point;
            const int32_t value =
                te_requantize(x, params.multiplier, params.shift) + params.out_zero_point;
            output[i] = (int8_t)(te_clamp(value, INT8_MIN, INT8_MAX) ^ params.out_flip);
        }
    }
}
