/* Product of two quantized tensors. */
#ifndef TE_MUL_H
#define TE_MUL_H

#include "te_binary.h"

typedef struct {
    te_pairs pairs;         /* which elements meet */
    int32_t lhs_zero_point; /* [-128, 127] */
    int32_t rhs_zero_point; /* [-128, 127] */
    int32_t out_multiplier; /* lhs scale * rhs scale / output scale */
    int32_t out_shift;      /* [-31, 15]: 255 * 255 * 2^15 fits 32 bits */
    int32_t out_zero_point; /* [-128, 127] */
    int32_t act_min;        /* clamp, within [-128, 127] */
    int32_t act_max;
} te_mul_params;

/* out = clamp(requantize((lhs - lhs_zero_point) * (rhs - rhs_zero_point)) + out_zero_point), both
 * operands int8, of any rank up to 4 under broadcasting.
 *
 * Operands and output are rows of [N, H, W, C]; an operand may have fewer rows than the output
 * where it is broadcast. No scratch. The output may stand exactly over an operand of its own
 * shape (element by element); over a broadcast one it must stay behind the rows still needed.
 */
void te_mul_s8(const te_mul_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
               int32_t last);

/* The same of int16: zero points are 0, out_shift is 0 at most but for factors near 1. Steps of
 * `pairs` are in elements.
 */
void te_mul_s16(const te_mul_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                int32_t last);

#endif
