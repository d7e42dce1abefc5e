/* Sum or difference of two tensors of one shape for cores without the DSP extension. */
#ifndef TE_BASE_ADD_H
#define TE_BASE_ADD_H

#include "te_rows.h"

typedef struct {
    int32_t row_bytes;
    int32_t lhs_factor; /* lhs scale / output scale, with `bits` fraction bits */
    int32_t rhs_factor; /* rhs scale / output scale likewise; negative for a difference */
    int32_t offset;     /* zero points and the half for rounding likewise */
    int32_t bits;       /* [1, 31] */
    int32_t act_min;    /* [-128, act_max] */
    int32_t act_max;    /* [act_min, 127] */
} te_add_base_params;

/* out = clamp((lhs * lhs_factor + rhs * rhs_factor + offset) / 2^bits, rounded down), int8: what
 * te_add_s8 or te_sub_s8 give, in a tenth of the instructions.
 *
 * For rows of equal shape, in any layout. For factors and an offset that were checked against
 * te_add_s8 or te_sub_s8 on all 65,536 pairs of operands. No scratch. The output may stand over
 * an operand, element by element.
 */
void te_add_s8_base(const te_add_base_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                    int32_t last);

#endif
