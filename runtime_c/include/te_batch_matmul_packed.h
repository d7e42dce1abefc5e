/* Products of quantized matrices that are both computed, by columns that are packed first. */
#ifndef TE_BATCH_MATMUL_PACKED_H
#define TE_BATCH_MATMUL_PACKED_H

#include "te_batch_matmul.h"

/* As te_batch_matmul_s8: rows, formula and progress. Scratch, aligned to 4, of depth d:
 * base 8 * d bytes, DSP 8 * (d + 3 & ~3), MVE 4 * (d + 15 & ~15), and d more where
 * lhs_depth is not 1. The DSP kernel is for right shifts, such that no rounded sum leaves 32 bits;
 * loads that are not aligned must be allowed.
 */
void te_batch_matmul_s8_base(const te_batch_matmul_params *op, te_src lhs, te_src rhs, te_dst out,
                             int32_t first, int32_t last, void *scratch);
void te_batch_matmul_s8_dsp(const te_batch_matmul_params *op, te_src lhs, te_src rhs, te_dst out,
                            int32_t first, int32_t last, void *scratch);
void te_batch_matmul_s8_mve(const te_batch_matmul_params *op, te_src lhs, te_src rhs, te_dst out,
                            int32_t first, int32_t last, void *scratch);

#endif
