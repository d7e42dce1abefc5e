/* Sum of two quantized tensors, rounded once, halves to even. */
#ifndef TE_ADD_EVEN_H
#define TE_ADD_EVEN_H

#include "te_binary.h"

typedef struct {
    te_pairs pairs;         /* which elements meet */
    int32_t lhs_zero_point; /* [-128, 127] */
    int32_t lhs_factor;     /* lhs scale / output scale * 2^shift, within 2^30 */
    int32_t rhs_zero_point; /* [-128, 127] */
    int32_t rhs_factor; /* rhs scale / output scale * 2^shift, within 2^30; negative: less rhs */
    int32_t shift;      /* [16, 60] */
    int32_t out_zero_point; /* [-128, 127] */
    int32_t act_min;        /* clamp, within [-128, 127] */
    int32_t act_max;
} te_add_even_params;

/* out = clamp(out_zero_point + round((lhs - lhs_zero_point) * lhs_factor
 *                                    + (rhs - rhs_zero_point) * rhs_factor) / 2^shift), halves to
 * even, int8. The operands may be broadcast. Element i is written after everything that elements
 * up to i need is read: an operand that is not broadcast may have the output's place.
 */
void te_add_s8_even(const te_add_even_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                    int32_t last);

#endif
