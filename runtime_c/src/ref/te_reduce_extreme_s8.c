/* Extremes of 8-bit elements, portable C. */
#include "te_reduce_extreme.h"

#include <string.h>

/* Replaces elements of `output` by those of `input` that are more extreme. */
static void replace(int8_t *output, const int8_t *input, int32_t count, uint8_t flip)
{
    for (int32_t i = 0; i < count; i++) {
        if ((int8_t)(input[i] ^ flip) > (int8_t)(output[i] ^ flip)) {
            output[i] = input[i];
        }
    }
}

/* Takes an input row into an output row, which it begins where it is the `first`. */
static void take_row(const te_reduce_extreme_params *op, const int8_t *input, int8_t *output,
                     int first)
{
    for (int32_t part = 0; part < op->parts; part++) {
        for (int32_t i = 0; i < op->count; i++) {
            if (first && i == 0) {
                memcpy(output, input, (uint32_t)op->inner);
            } else {
                replace(output, input, op->inner, op->flip);
            }
            input += op->inner;
        }
        output += op->inner;
    }
}

TE_SHARED void te_reduce_extreme_s8(const te_reduce_extreme_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int32_t group = row / op->row_step;
        int32_t from = row % op->row_step + group * op->row_step * op->rows;
        for (int32_t i = 0; i < op->rows; i++) {
            take_row(op, te_src_row(in, from), te_dst_row(out, row), i == 0);
            from += op->row_step;
        }
    }
}
