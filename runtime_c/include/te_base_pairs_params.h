/* Binary operators of int8 under broadcasting, for every core. */
#ifndef TE_BASE_PAIRS_PARAMS_H
#define TE_BASE_PAIRS_PARAMS_H

#include "te_binary.h"
#include "te_mul.h"
#include "te_squared_difference.h"

typedef struct {
    te_pairs pairs;     /* which elements meet */
    int32_t lhs_factor; /* lhs scale / output scale, with `bits` fraction bits */
    int32_t rhs_factor; /* rhs scale / output scale likewise; negative for a difference */
    int32_t offset;     /* zero points and the half for rounding likewise */
    int32_t bits;       /* [1, 31] */
    int32_t act_min;    /* [-128, act_max] */
    int32_t act_max;    /* [act_min, 127] */
} te_add_pairs_params;

/* out = clamp((lhs * lhs_factor + rhs * rhs_factor + offset) / 2^bits, rounded down), int8: what
 * te_add_s8 or te_sub_s8 give, for factors that were checked on all 65,536 pairs of operands.
 *
 * Elements of an operand stand side by side, or one serves a whole group. No scratch. The output may
 * stand exactly over an operand of its own shape.
 */
void te_add_s8_base_pairs(const te_add_pairs_params *op, te_src lhs, te_src rhs, te_dst out,
                          int32_t first, int32_t last);

/* As te_mul_s8, for right shifts of products. */
void te_mul_s8_base_pairs(const te_mul_params *op, te_src lhs, te_src rhs, te_dst out,
                          int32_t first, int32_t last);

/* As te_squared_difference_s8, for right shifts of squares below 2^30. */
void te_squared_difference_s8_base_pairs(const te_squared_difference_params *op, te_src lhs,
                                         te_src rhs, te_dst out, int32_t first, int32_t last);

#endif
