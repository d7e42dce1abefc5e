/* Requantization of int16 to int16, portable C. */
#include "te_quantize.h"

#include "te_requantize.h"

TE_SHARED void te_quantize_s16(const te_quantize_params *op, te_src in, te_dst out, int32_t first,
                               int32_t last)
{
    const te_quantize_params params = *op;
    for (int32_t row = first; row < last; row++) {
        const int16_t *input = te_src_row_s16(in, row);
        int16_t *output = te_dst_row_s16(out, row);
        for (int32_t i = 0; i < params.row_elements; i++) {
            const int32_t value = te_requantize(input[i], params.multiplier, params.shift);
            output[i] = (int16_t)te_clamp(value, INT16_MIN, INT16_MAX);
        }
    }
}
