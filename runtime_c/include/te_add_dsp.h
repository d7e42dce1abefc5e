/* Sum or difference of two tensors of one shape, as one scaled sum. */
#ifndef TE_ADD_DSP_H
#define TE_ADD_DSP_H

#include "te_rows.h"

typedef struct {
    int32_t row_bytes;
    int32_t lhs_factor; /* lhs scale / output scale, with 32 - doublings fraction bits */
    int32_t rhs_factor; /* rhs scale / output scale likewise; negative for a difference */
    int32_t offset;     /* zero points and the half for rounding, 24 - doublings fraction bits */
    int32_t doublings;  /* 1, 2 or 3 */
    int32_t clamps;     /* 1 where act_min or act_max is tighter than int8, else 0 */
    int32_t act_min;    /* [-128, act_max] */
    int32_t act_max;    /* [act_min, 127] */
} te_add_dsp_params;

/* out = clamp(floor(lhs * lhs_factor + rhs * rhs_factor + offset)), int8: what te_add_s8 or
 * te_sub_s8 give, in 6 instructions per element.
 *
 * For rows of equal shape, in any layout. For factors and an offset that were checked against
 * te_add_s8 or te_sub_s8 on all 65,536 pairs of operands. No scratch. The output may stand over
 * an operand, element by element.
 */
void te_add_s8_dsp(const te_add_dsp_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                   int32_t last);

#endif
