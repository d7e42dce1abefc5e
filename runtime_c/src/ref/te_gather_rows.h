/* The loops of gathering over the bytes of a row. */
#ifndef TE_GATHER_ROWS_H
#define TE_GATHER_ROWS_H

#include "te_gather.h"

#include <string.h>

/* Copies `count` bytes that stand `stride` apart in `in`. */
static inline void te_gather_run(const int8_t *in, int8_t *out, int32_t count, int32_t stride)
{
    if (stride == 1) {
        memcpy(out, in, (uint32_t)count);
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        out[i] = in[i * stride];
    }
}

/* Computes one output row from the input byte that it starts with. */
static inline void te_gather_row(const te_gather_params *op, const int8_t *in, int8_t *out)
{
    int32_t rounds[TE_GATHER_LOOPS] = {0};
    int32_t at = 0;
    int32_t loop = TE_GATHER_LOOPS;
    while (loop > 0) {
        te_gather_run(in + at, out, op->run, op->run_stride);
        out += op->run;
        for (loop = TE_GATHER_LOOPS; loop > 0; loop--) {
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

/* Computes output rows [first, last). Where a row's loops or byte_steps leave the input row that
 * the row starts in, the input must be held whole.
 */
static inline void te_gather_rows(const te_gather_params *op, te_src in, te_dst out, int32_t first,
                                  int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int32_t n = row / op->out_h;
        const int32_t oh = row % op->out_h;
        const int32_t ih = op->first_row + n * op->row_steps[0] + oh * op->row_steps[1];
        const int32_t byte = op->first_byte + n * op->byte_steps[0] + oh * op->byte_steps[1];
        te_gather_row(op, te_src_row(in, ih) + byte, te_dst_row(out, row));
    }
}

#endif
