/* Concatenation of elements of whole bytes, portable C. */
#include "te_concatenation.h"

#include <string.h>

/* Copies the one operand's row that output row `row` is. */
static void te_concatenation_take_row(const te_concatenation_params *op, const te_src *inputs,
                                      int32_t row, int8_t *out)
{
    const int32_t n = row / op->out_h;
    int32_t ih = row % op->out_h;
    int32_t k = 0;
    while (ih >= op->extents[k]) {
        ih -= op->extents[k];
        k++;
    }
    memcpy(out, te_src_row(inputs[k], n * op->extents[k] + ih), (uint32_t)op->row_bytes);
}

/* Joins row `row` of all operands, one operand after the other. */
static void te_concatenation_join_row(const te_concatenation_params *op, const te_src *inputs,
                                      int32_t row, int8_t *out)
{
    int32_t turn_bytes = 0;
    for (int32_t k = 0; k < op->operands; k++) {
        turn_bytes += op->extents[k];
    }
    for (int32_t k = 0; k < op->operands; k++) {
        const int8_t *in = te_src_row(inputs[k], row);
        const int32_t nbytes = op->extents[k];
        int8_t *to = out;
        for (int32_t part = 0; part < op->parts; part++) {
            memcpy(to, in, (uint32_t)nbytes);
            in += nbytes;
            to += turn_bytes;
        }
        out += nbytes;
    }
}

TE_SHARED void te_concatenation_s8(const te_concatenation_params *op, const te_src *inputs,
                                   te_dst out, int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        if (op->by_rows) {
            te_concatenation_take_row(op, inputs, row, te_dst_row(out, row));
        } else {
            te_concatenation_join_row(op, inputs, row, te_dst_row(out, row));
        }
    }
}
