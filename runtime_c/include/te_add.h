/* Addition of two quantized tensors; the parameters are those of subtraction, too. */
#ifndef TE_ADD_H
#define TE_ADD_H

#include "te_binary.h"

typedef struct {
    te_pairs pairs;         /* which elements meet */
    int32_t lhs_zero_point; /* [-128, 127] */
    int32_t lhs_multiplier; /* lhs scale / (2 * the larger scale of the two) */
    int32_t lhs_shift;      /* [-31, 0] */
    int32_t rhs_zero_point; /* [-128, 127] */
    int32_t rhs_multiplier; /* rhs scale / (2 * the larger scale of the two) */
    int32_t rhs_shift;      /* [-31, 0] */
    int32_t out_multiplier; /* 2 * the larger scale / (2^20 * output scale) */
    int32_t out_shift;      /* [-31, 0] */
    int32_t out_zero_point; /* [-128, 127] */
    int32_t act_min;        /* clamp, within [-128, 127] */
    int32_t act_max;
} te_add_params;

/* out = clamp(requantize(scaled lhs + scaled rhs) + out_zero_point), both operands int8, of any
 * rank up to 4 under broadcasting.
 *
 * Operands and output are rows of [N, H, W, C]; an operand may have fewer rows than the output
 * where it is broadcast. No scratch. The output may stand exactly over an operand of its own
 * shape (element by element); over a broadcast one it must stay behind the rows still needed.
 */
void te_add_s8(const te_add_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
               int32_t last);

/* The same of int16: zero points are 0, and 2^15 stands for 2^20. Steps of `pairs` are in elements. */
void te_add_s16(const te_add_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                int32_t last);

#endif
