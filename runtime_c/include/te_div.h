/* Elementwise quotient of two operands with their own scales. */
#ifndef TE_DIV_H
#define TE_DIV_H

#include "te_binary.h"

typedef struct {
    te_pairs pairs;
    int32_t lhs_zero_point; /* [-128, 127] */
    int32_t rhs_zero_point; /* [-128, 127] */
    int32_t out_multiplier; /* lhs scale / (rhs scale * output scale) */
    int32_t out_shift;      /* [0, 23], and no less than the bits of the greatest divisor but one */
    int32_t out_zero_point; /* [-128, 127] */
    int32_t act_min;
    int32_t act_max;
} te_div_params;

/* out = clamp(requantize((lhs - lhs_zero_point) / (rhs - rhs_zero_point)) + out_zero_point), int8,
 * by the reciprocal of the divisor in Q0.31. A divisor of 0 is taken for 1.
 *
 * No scratch. The output may stand exactly over an operand of its own shape.
 */
void te_div_s8(const te_div_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
               int32_t last);

#endif
