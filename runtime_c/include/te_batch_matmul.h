/* Products of quantized matrices that are both computed. */
#ifndef TE_BATCH_MATMUL_H
#define TE_BATCH_MATMUL_H

#include "te_rows.h"

/* A row of an operand is one matrix. A step says how far it is from one element to the next: along
 * the rows and columns of the product, and along the depth, in bytes; between images and the
 * matrices of an image, in rows of the operand, 0 where there is one for all.
 */
typedef struct {
    int32_t image_rows; /* matrices per image, at least 1 */
    int32_t rows;       /* of the product */
    int32_t columns;
    int32_t depth; /* products of a sum */
    int32_t lhs_image;
    int32_t lhs_matrix;
    int32_t lhs_row;
    int32_t lhs_depth;
    int32_t rhs_image;
    int32_t rhs_matrix;
    int32_t rhs_column;
    int32_t rhs_depth;
    int32_t lhs_zero_point; /* [-128, 127] */
    int32_t rhs_zero_point; /* [-128, 127] */
    int32_t out_multiplier; /* lhs scale * rhs scale / output scale */
    int32_t out_shift;      /* such that no sum leaves 32 bits */
    int32_t out_zero_point; /* [-128, 127] */
} te_batch_matmul_params;

/* out[m, n] = clamp(requantize(sum over k of (lhs[m, k] - lhs_zero_point) *
 *             (rhs[k, n] - rhs_zero_point)) + out_zero_point), int8.
 *
 * No scratch. Row progress: a matrix may be overwritten once the last product that reads it is done.
 */
void te_batch_matmul_s8(const te_batch_matmul_params *op, te_src lhs, te_src rhs, te_dst out,
                        int32_t first, int32_t last);

/* The same of int16: zero points are 0, steps are in elements. Sums have 64 bits and are scaled by
 * te_requantize_wide, of which `out_shift` is the right shift.
 */
void te_batch_matmul_s16(const te_batch_matmul_params *op, te_src lhs, te_src rhs, te_dst out,
                         int32_t first, int32_t last);

#endif
