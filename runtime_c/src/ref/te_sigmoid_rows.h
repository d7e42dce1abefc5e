/* The rows of the logistic function and the hyperbolic tangent of int16. */
#ifndef TE_SIGMOID_ROWS_H
#define TE_SIGMOID_ROWS_H

#include "te_sigmoid.h"
#include "te_sigmoid_s16.h"

/* A function of an argument's magnitude and sign. */
typedef int32_t (*te_sigmoid_fn)(const uint16_t *table, int32_t magnitude, int32_t is_negative);

/* Computes output rows [first, last). */
static inline void te_sigmoid_rows(const te_sigmoid_params *op, te_sigmoid_fn function, te_src in,
                                   te_dst out, int32_t first, int32_t last)
{
    const int32_t half = op->shift > 0 ? 1 << (op->shift - 1) : 0;
    for (int32_t row = first; row < last; row++) {
        const int16_t *input = te_src_row_s16(in, row);
        int16_t *output = te_dst_row_s16(out, row);
        for (int32_t i = 0; i < op->row_elements; i++) {
            const int32_t x = (input[i] * op->multiplier + half) >> op->shift;
            output[i] = (int16_t)function(op->table, x < 0 ? -x : x, x < 0);
        }
    }
}

#endif
