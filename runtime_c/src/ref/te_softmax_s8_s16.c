/* Softmax of int8 to int16, portable C. */
#define TE_OUT int16_t
#define TE_BITS 16
#include "te_softmax_s8_row.h"

TE_SHARED void te_softmax_s8_s16(const te_softmax_params *op, te_src in, te_dst out, int32_t first,
                                 int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int8_t *input = te_src_row(in, row);
        const int32_t most = maximum(input, op->depth);
        const int32_t sum = sum_exponentials(op, input, most);
        divide_by_sum(op, input, most, sum, te_dst_row_s16(out, row));
    }
}
