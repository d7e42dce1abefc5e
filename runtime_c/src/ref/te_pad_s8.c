/* Pad of elements of whole bytes, portable C. */
#include "te_pad.h"

#include <string.h>

/* Spreads one input row over its places in the output row, the first of which is `out`. */
static void te_pad_place_row(const te_pad_params *op, const int8_t *in, int8_t *out)
{
    int32_t rounds[TE_PAD_LOOPS] = {0};
    int32_t at = 0;
    int32_t loop = TE_PAD_LOOPS;
    while (loop > 0) {
        memcpy(out + at, in, (uint32_t)op->run);
        in += op->run;
        for (loop = TE_PAD_LOOPS; loop > 0; loop--) {
            at += op->strides[loop - 1];
            rounds[loop - 1]++;
            if (rounds[loop - 1] < op->counts[loop - 1]) {
                break;
            }
            at -= op->strides[loop - 1] * op->counts[loop - 1];
            rounds[loop - 1] = 0;
        }
    }
}

TE_SHARED void te_pad_s8(const te_pad_params *op, te_src in, te_dst out, int32_t first,
                         int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        int8_t *const out_row = te_dst_row(out, row);
        const int32_t n = row / op->out_h - op->first_n;
        const int32_t ih = row % op->out_h - op->top;
        memset(out_row, (int)op->value, (uint32_t)op->row_bytes);
        if (n >= 0 && n < op->in_n && ih >= 0 && ih < op->in_h) {
            te_pad_place_row(op, te_src_row(in, n * op->in_h + ih), out_row + op->first_byte);
        }
    }
}
