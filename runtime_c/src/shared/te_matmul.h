/* Products of matrices four columns at a time: what kernels of batch matmul share.
 *
 * Four columns of the right matrix are packed once, then every row of the left one is multiplied with
 * them. The zero point of the left matrix is a number for each column, which sums start from.
 */
#ifndef TE_MATMUL_H
#define TE_MATMUL_H

#include "te_batch_matmul.h"

#define TE_MATMUL_COLUMNS 4 /* at a time */

/* Packs a column, elements op->rhs_depth bytes apart, as number `at` of four; gives the sum of
 * its elements less their zero point.
 */
typedef int32_t (*te_matmul_pack)(const te_batch_matmul_params *op, const int8_t *from,
                                  int8_t *columns, int32_t at);

/* Adds the products of a row with the packed columns to their sums. */
typedef void (*te_matmul_dot)(const te_batch_matmul_params *op, const int8_t *row,
                              const int8_t *columns, int32_t *sums);

/* Writes the first `count` of the outputs of four sums. */
typedef void (*te_matmul_put)(const te_batch_matmul_params *op, const int32_t *sums, int32_t count,
                              int8_t *to);

/* What an instruction set brings; `columns_nbytes` are what four packed columns take. */
typedef struct {
    te_matmul_pack pack;
    te_matmul_dot dot;
    te_matmul_put put;
} te_matmul_steps;

/* A row of the left matrix with its elements side by side. */
static inline const int8_t *te_matmul_row(const te_batch_matmul_params *op, const int8_t *from,
                                          int8_t *copy)
{
    if (op->lhs_depth == 1) {
        return from;
    }
    for (int32_t i = 0; i < op->depth; i++) {
        copy[i] = from[i * op->lhs_depth];
    }
    return copy;
}

/* One product of matrices; scratch has the packed columns, and behind them place for a row. */
static inline void te_matmul_matrix(const te_batch_matmul_params *op, te_matmul_steps steps,
                                    const int8_t *left, const int8_t *right, int8_t *output,
                                    int8_t *columns, int8_t *copy)
{
    for (int32_t column = 0; column < op->columns; column += TE_MATMUL_COLUMNS) {
        const int32_t rest = op->columns - column;
        const int32_t count = rest < TE_MATMUL_COLUMNS ? rest : TE_MATMUL_COLUMNS;
        int32_t start[TE_MATMUL_COLUMNS] = {0, 0, 0, 0};
        for (int32_t i = 0; i < count; i++) {
            const int8_t *const from = right + (column + i) * op->rhs_column;
            start[i] = -op->lhs_zero_point * steps.pack(op, from, columns, i);
        }
        for (int32_t row = 0; row < op->rows; row++) {
            int32_t sums[TE_MATMUL_COLUMNS] = {start[0], start[1], start[2], start[3]};
            const int8_t *const x = te_matmul_row(op, left + row * op->lhs_row, copy);
            steps.dot(op, x, columns, sums);
            steps.put(op, sums, count, output + row * op->columns + column);
        }
    }
}

/* All matrices from `first` to before `last`. */
static inline void te_matmul(const te_batch_matmul_params *op, te_matmul_steps steps, te_src lhs,
                             te_src rhs, te_dst out, int32_t first, int32_t last, int8_t *columns,
                             int8_t *copy)
{
    const te_batch_matmul_params params = *op;
    for (int32_t matrix = first; matrix < last; matrix++) {
        const int32_t image = matrix / params.image_rows;
        const int32_t index = matrix % params.image_rows;
        const int8_t *left = te_src_row(lhs, image * params.lhs_image + index * params.lhs_matrix);
        const int8_t *right = te_src_row(rhs, image * params.rhs_image + index * params.rhs_matrix);
        te_matmul_matrix(&params, steps, left, right, te_dst_row(out, matrix), columns, copy);
    }
}

#endif
