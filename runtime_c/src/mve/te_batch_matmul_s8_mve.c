/* Products of matrices, int8, MVE: four columns of bytes at a time. */
#include "te_batch_matmul_packed.h"

#include "te_matmul.h"
#include "te_mve_matmul.h"

/* Columns are packed as they are, one behind the other, each in whole vectors. */
static inline int32_t column_bytes(const te_batch_matmul_params *op)
{
    return (op->depth + TE_MVE_LANES - 1) & ~(TE_MVE_LANES - 1);
}

static inline int32_t pack(const te_batch_matmul_params *op, const int8_t *from, int8_t *columns,
                           int32_t at)
{
    int8_t *const to = columns + at * column_bytes(op);
    return te_mve_gather(to, from, op->rhs_depth, op->depth) - op->depth * op->rhs_zero_point;
}

static inline void dot(const te_batch_matmul_params *op, const int8_t *row, const int8_t *columns,
                       int32_t *sums)
{
    const int32_t total = te_mve_dot_4(row, columns, column_bytes(op), op->depth, sums);
    for (int32_t i = 0; i < TE_MATMUL_COLUMNS; i++) {
        sums[i] -= total * op->rhs_zero_point;
    }
}

static inline void put(const te_batch_matmul_params *op, const int32_t *sums, int32_t count,
                       int8_t *to)
{
    te_mve_put_4(op, sums, count, to);
}

TE_SHARED void te_batch_matmul_s8_mve(const te_batch_matmul_params *op, te_src lhs, te_src rhs,
                                      te_dst out, int32_t first, int32_t last, void *scratch)
{
    const te_matmul_steps steps = {pack, dot, put};
    int8_t *const copy = (int8_t *)scratch + TE_MATMUL_COLUMNS * column_bytes(op);
    te_matmul(op, steps, lhs, rhs, out, first, last, scratch, copy);
}
