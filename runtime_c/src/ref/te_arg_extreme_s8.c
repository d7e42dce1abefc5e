/* Index of an extreme of bytes, portable C. */
#include "te_arg_extreme.h"

#include <string.h>

/* Gives the index of the first of the greatest elements that begin at byte `at` of the input. */
static int32_t index_of_greatest(const te_arg_extreme_params *op, te_src in, int32_t at)
{
    int32_t row = at / op->in_row_bytes;
    int32_t byte = at % op->in_row_bytes;
    int32_t greatest = INT8_MIN;
    int32_t found = 0;
    for (int32_t index = 0; index < op->count; index++) {
        const int8_t value = (int8_t)(te_src_row(in, row)[byte] ^ op->flip);
        if (value > greatest) {
            greatest = value;
            found = index;
        }
        row += op->row_step;
        byte += op->byte_step;
    }
    return found;
}

/* Writes an index; gives the place of the next one. */
static int8_t *put(int8_t *output, int32_t index, int is_64_bit)
{
    const int64_t wide = index;
    if (is_64_bit) {
        memcpy(output, &wide, sizeof wide);
        return output + sizeof wide;
    }
    memcpy(output, &index, sizeof index);
    return output + sizeof index;
}

TE_SHARED void te_arg_extreme_s8(const te_arg_extreme_params *op, te_src in, te_dst out,
                                 int32_t first, int32_t last)
{
    int32_t outer = first * op->row_elements / op->inner;
    int32_t inner = first * op->row_elements % op->inner;
    for (int32_t row = first; row < last; row++) {
        int8_t *output = te_dst_row(out, row);
        for (int32_t i = 0; i < op->row_elements; i++) {
            const int32_t at = outer * op->count * op->inner + inner;
            output = put(output, index_of_greatest(op, in, at), op->is_64_bit);
            if (++inner == op->inner) {
                inner = 0;
                outer++;
            }
        }
    }
}
