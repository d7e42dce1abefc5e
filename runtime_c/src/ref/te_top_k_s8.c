/* The greatest bytes of each row, portable C. */
#include "te_top_k.h"

#include <string.h>

/* An element by its place in the falling order: the greater its key, the sooner it comes. */
static int32_t key_of(const te_top_k_params *op, const int8_t *row, int32_t index)
{
    return (int8_t)(row[index] ^ op->flip);
}

/* The index of the element that follows that at `before` in falling order; -1 is before all. */
static int32_t next_of(const te_top_k_params *op, const int8_t *row, int32_t before)
{
    const int32_t limit = before < 0 ? INT32_MAX : key_of(op, row, before);
    int32_t found = -1;
    int32_t most = INT32_MIN;
    for (int32_t i = 0; i < op->depth; i++) {
        const int32_t key = key_of(op, row, i);
        const int is_later = key < limit || (key == limit && i > before);
        if (is_later && key > most) {
            most = key;
            found = i;
        }
    }
    return found;
}

TE_SHARED void te_top_k_s8(const te_top_k_params *op, te_src in, te_dst out, int32_t first,
                           int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int8_t *input = te_src_row(in, row);
        int8_t *output = te_dst_row(out, row);
        int32_t index = -1;
        for (int32_t k = 0; k < op->count; k++) {
            index = next_of(op, input, index);
            if (op->gives_indices) {
                memcpy(output, &index, sizeof index);
                output += sizeof index;
            } else {
                *output++ = input[index];
            }
        }
    }
}
