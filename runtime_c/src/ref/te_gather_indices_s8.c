/* Gathering by indices that are computed at run time, portable C. */
#include "te_gather_indices.h"

#include "te_number.h"

/* Index number `i`, within [0, count). */
static int32_t index_at(const te_gather_indices_params *op, te_src indices, int32_t i)
{
    const int8_t *row = te_src_row(indices, i / op->index_row);
    const int32_t at = i % op->index_row;
    const int64_t index = op->is_64_bit ? te_load_s64(row + at * 8) : te_load_s32(row + at * 4);
    const int64_t below = index < op->count ? index : op->count - 1;
    return (int32_t)(below > 0 ? below : 0);
}

/* Copies `nbytes` bytes from byte `at` of the input, over the ends of its rows. */
static void copy(const te_gather_indices_params *op, te_src in, int32_t at, int32_t nbytes,
                 int8_t *output)
{
    int32_t row = at / op->in_row_bytes;
    int32_t byte = at % op->in_row_bytes;
    while (nbytes > 0) {
        const int32_t there = op->in_row_bytes - byte;
        const int32_t taken = there < nbytes ? there : nbytes;
        memcpy(output, te_src_row(in, row) + byte, (uint32_t)taken);
        output += taken;
        nbytes -= taken;
        row++;
        byte = 0;
    }
}

TE_SHARED void te_gather_indices_s8(const te_gather_indices_params *op, te_src in, te_src indices,
                                    te_dst out, int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        int8_t *output = te_dst_row(out, row);
        int32_t item = row * op->out_row_bytes / op->inner;
        int32_t byte = row * op->out_row_bytes % op->inner;
        int32_t left = op->out_row_bytes;
        while (left > 0) {
            const int32_t there = op->inner - byte;
            const int32_t taken = there < left ? there : left;
            const int32_t outer = item / op->indices;
            const int32_t index = index_at(op, indices, item % op->indices);
            copy(op, in, (outer * op->count + index) * op->inner + byte, taken, output);
            output += taken;
            left -= taken;
            item++;
            byte = 0;
        }
    }
}
