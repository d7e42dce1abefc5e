/* Fully connected for MVE, around the dot products of any form of weights. */
#ifndef TE_MVE_VECTOR_ROWS_H
#define TE_MVE_VECTOR_ROWS_H

#include "te_mve_vector_loop.h"

typedef void (*te_mve_vector_fn)(const te_mve_vector *vector);

/* A vector that does not fill its blocks, or that the output overlaps, is copied first. */
static inline const int8_t *te_mve_vector_of(const te_fully_connected_mve_params *op,
                                             const int8_t *in, const int8_t *out, int8_t *copy)
{
    const uintptr_t from = (uintptr_t)in;
    const uintptr_t to = (uintptr_t)out;
    const int32_t nbytes = op->blocks * TE_MVE_BLOCK;
    const int32_t is_apart = to + (uintptr_t)op->out_c <= from || from + (uintptr_t)op->in_c <= to;
    if (op->in_c == nbytes && is_apart != 0) {
        return in;
    }
    te_mve_copy(copy, in, op->in_c);
    te_mve_fill(copy + op->in_c, 0, nbytes - op->in_c);
    return copy;
}

/* Computes output rows [first, last). */
static inline void te_mve_vector_rows(const te_fully_connected_mve_params *op, te_src in,
                                      te_dst out, int32_t first, int32_t last, void *scratch,
                                      te_mve_vector_fn dot)
{
    int8_t *const outputs = (int8_t *)scratch + op->blocks * TE_MVE_BLOCK;
    const int32_t whole = op->out_c / TE_MVE_OUTPUTS;
    const int32_t others = op->blocks - 1;
    const int32_t rounds = others > 0 ? (others + TE_MVE_ROUND - 1) / TE_MVE_ROUND : 1;
    const int32_t skipped = (rounds * TE_MVE_ROUND - others) * TE_MVE_VECTOR_BLOCK_CODE;
    const int32_t *const rest = op->weight + whole * op->words;
    for (int32_t row = first; row < last; row++) {
        int8_t *const to = te_dst_row(out, row);
        const int8_t *const x = te_mve_vector_of(op, te_src_row(in, row), to, scratch);
        te_mve_vector vector = {x, rounds, skipped, rest, op->weight, to, op->act_min, op->act_max};
        if (whole > 0) {
            dot(&vector);
        }
        if (whole * TE_MVE_OUTPUTS < op->out_c) {
            vector.weight = rest;
            vector.weight_end = rest + op->words;
            vector.out = outputs;
            dot(&vector);
            te_mve_copy(to + whole * TE_MVE_OUTPUTS, outputs, op->out_c - whole * TE_MVE_OUTPUTS);
        }
    }
}

#endif
