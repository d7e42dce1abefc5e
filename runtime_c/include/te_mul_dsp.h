/* Product of two tensors of one shape. */
#ifndef TE_MUL_DSP_H
#define TE_MUL_DSP_H

#include "te_rows.h"

typedef struct {
    int32_t row_bytes;
    int32_t lhs_zero_point; /* [-128, 127] */
    int32_t rhs_zero_point; /* [-128, 127] */
    int32_t multiplier;     /* Q31: with shift, lhs scale * rhs scale / output scale */
    int32_t offset;         /* zero point and half for rounding, shift fraction bits */
    int32_t shift;          /* to the right, [1, 22] */
    int32_t clamps;         /* 1 where act_min or act_max is tighter than int8, else 0 */
    int32_t act_min;        /* [-128, act_max] */
    int32_t act_max;        /* [act_min, 127] */
} te_mul_dsp_params;

/* out = clamp((lhs - its zero point) * (rhs - its zero point) * lhs scale * rhs scale / output scale
 * + zero point), int8, rounded twice as te_mul_s8 does, in 9 instructions per element.
 *
 * For rows of equal shape, in any layout. For numbers that were checked against te_mul_s8 on all
 * 65,536 pairs of operands. No scratch. The output may stand over an operand, element by element.
 */
void te_mul_s8_dsp(const te_mul_dsp_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                   int32_t last);

#endif
