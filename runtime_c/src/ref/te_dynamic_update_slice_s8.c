/* A tensor with a part of it replaced, portable C. */
#include "te_dynamic_update_slice.h"

#include <string.h>

/* Index `at` of `start`, within [0, most]. */
static int32_t index_of(const te_dynamic_update_slice_params *op, const int8_t *start, int32_t at,
                        int32_t most)
{
    int64_t index = 0;
    if (op->is_64_bit) {
        memcpy(&index, start + at * 8, sizeof index);
    } else {
        int32_t narrow;
        memcpy(&narrow, start + at * 4, sizeof narrow);
        index = narrow;
    }
    if (index < 0) {
        return 0;
    }
    return index > most ? most : (int32_t)index;
}

TE_SHARED void te_dynamic_update_slice_s8(const te_dynamic_update_slice_params *op, te_src in,
                                          te_src update, te_src start, te_dst out, int32_t first,
                                          int32_t last)
{
    int32_t begin[4] = {0, 0, 0, 0};
    for (int32_t i = 0; i < op->rank; i++) {
        const int32_t at = 4 - op->rank + i;
        begin[at] = index_of(op, te_src_row(start, 0), i, op->sizes[at] - op->updated[at]);
    }
    const int32_t pixel_bytes = op->sizes[3] * op->element_bytes;
    const int32_t part_bytes = op->updated[3] * op->element_bytes;
    const int32_t offset = begin[2] * pixel_bytes + begin[3] * op->element_bytes;
    for (int32_t row = first; row < last; row++) {
        const int32_t n = row / op->sizes[1] - begin[0];
        const int32_t h = row % op->sizes[1] - begin[1];
        int8_t *output = te_dst_row(out, row);
        memcpy(output, te_src_row(in, row), (uint32_t)(op->sizes[2] * pixel_bytes));
        if (n < 0 || n >= op->updated[0] || h < 0 || h >= op->updated[1]) {
            continue;
        }
        const int8_t *part = te_src_row(update, n * op->updated[1] + h);
        for (int32_t w = 0; w < op->updated[2]; w++) {
            memcpy(output + offset + w * pixel_bytes, part + w * part_bytes, (uint32_t)part_bytes);
        }
    }
}
