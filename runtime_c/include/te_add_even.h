/* Sum of two quantized tensors as float32 gives it, halves to even. */
#ifndef TE_ADD_EVEN_H
#define TE_ADD_EVEN_H

#include "te_binary.h"

typedef struct {
    te_pairs pairs;         /* which elements meet */
    int32_t lhs_zero_point; /* [-128, 127] */
    int32_t lhs_mantissa;   /* of the scale, a float32: in [2^23, 2^24) */
    int32_t lhs_left;       /* [0, 28]: the scale is mantissa * 2^left units; 0 for one of both */
    int32_t rhs_zero_point; /* [-128, 127] */
    int32_t rhs_mantissa;   /* negative: less rhs */
    int32_t rhs_left;       /* [0, 28] */
    int32_t act_min;        /* clamp: within [-128, 127] */
    int32_t changes;        /* outputs above act_min, to the greatest */
    const int32_t *change;  /* [changes]: the least sum for each, by te_float_key */
} te_add_even_params;

/* out = act_min and one more for every change that the sum has reached. The sum is that of two
 * products of an operand without its zero point and its scale, all three rounded as float32.
 *
 * The operands may be broadcast. Element i is written after everything that elements up to i need is
 * read: an operand that is not broadcast may have the output's place.
 */
void te_add_s8_even(const te_add_even_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                    int32_t last);

#endif
