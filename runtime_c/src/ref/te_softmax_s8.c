/* Softmax, int8, portable C. */
#define TE_OUT int8_t
#define TE_BITS 8
#include "te_softmax_s8_row.h"

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
