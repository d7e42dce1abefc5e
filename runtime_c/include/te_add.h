/* Addition of two quantized tensors; the parameters are those of subtraction, too. */
#ifndef TE_ADD_H
#define TE_ADD_H

#include "te_binary.h"
#include "te_requantize.h"

/* Left shift of the operands before they are brought to their common scale. */
#define TE_ADD_LEFT_SHIFT 20

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

/* The left operand at the common scale, 20 bits to the left. */
static inline int32_t te_add_lhs(const te_add_params *op, int32_t lhs)
{
    const int32_t value = (lhs - op->lhs_zero_point) * (1 << TE_ADD_LEFT_SHIFT);
    return te_requantize(value, op->lhs_multiplier, op->lhs_shift);
}

/* The right operand at the common scale, 20 bits to the left. */
static inline int32_t te_add_rhs(const te_add_params *op, int32_t rhs)
{
    const int32_t value = (rhs - op->rhs_zero_point) * (1 << TE_ADD_LEFT_SHIFT);
    return te_requantize(value, op->rhs_multiplier, op->rhs_shift);
}

/* The output element of a sum at the common scale. */
static inline int8_t te_add_out(const te_add_params *op, int32_t sum)
{
    const int32_t value = te_requantize(sum, op->out_multiplier, op->out_shift);
    return (int8_t)te_clamp(value + op->out_zero_point, op->act_min, op->act_max);
}

/* out = clamp(requantize(scaled lhs + scaled rhs) + out_zero_point), both operands int8, of any
 * rank up to 4 under broadcasting.
 *
 * Operands and output are rows of [N, H, W, C]; an operand may have fewer rows than the output
 * where it is broadcast. No scratch. The output may stand exactly over an operand of its own
 * shape (element by element); over a broadcast one it must stay behind the rows still needed.
 */
void te_add_s8(const te_add_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
               int32_t last);

#endif
