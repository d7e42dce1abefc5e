/* Products of matrices, int16, portable C. */
#include "te_batch_matmul.h"

#include "te_requantize.h"

/* One element of the product: a row of the left matrix by a column of the right one. */
static inline int16_t product(const te_batch_matmul_params *op, const int16_t *lhs,
                              const int16_t *rhs)
{
    int64_t sum = 0;
    for (int32_t i = 0; i < op->depth; i++) {
        sum += *lhs * *rhs;
        lhs += op->lhs_depth;
        rhs += op->rhs_depth;
    }
    const int32_t value = te_requantize_wide(sum, op->out_multiplier, op->out_shift);
    return (int16_t)te_clamp(value, INT16_MIN, INT16_MAX);
}

TE_SHARED void te_batch_matmul_s16(const te_batch_matmul_params *op, te_src lhs, te_src rhs,
                                   te_dst out, int32_t first, int32_t last)
{
    const te_batch_matmul_params params = *op;
    for (int32_t matrix = first; matrix < last; matrix++) {
        const int32_t image = matrix / params.image_rows;
        const int32_t index = matrix % params.image_rows;
        const int16_t *left =
            te_src_row_s16(lhs, image * params.lhs_image + index * params.lhs_matrix);
        const int16_t *right =
            te_src_row_s16(rhs, image * params.rhs_image + index * params.rhs_matrix);
        int16_t *output = te_dst_row_s16(out, matrix);
        for (int32_t row = 0; row < params.rows; row++) {
            for (int32_t column = 0; column < params.columns; column++) {
                *output++ = product(&params, left + row * params.lhs_row,
                                    right + column * params.rhs_column);
            }
        }
    }
}
