/* Comparison of two operands, element by element. */
#ifndef TE_COMPARE_H
#define TE_COMPARE_H

#include "te_binary.h"

/* What an element is: an integer of that many bytes, or int8 or int16 that stands for a real number. */
#define TE_COMPARE_SCALED 0
#define TE_COMPARE_S8 1
#define TE_COMPARE_S16 2
#define TE_COMPARE_SCALED_S16 3
#define TE_COMPARE_S32 4
#define TE_COMPARE_S64 8

/* Which elements meet, and what is asked of them. Scaled ones become
 * requantize((q - zero_point) * 256, multiplier, shift), shift <= 0.
 */
typedef struct {
    te_pairs pairs;
    int32_t lhs_zero_point;
    int32_t lhs_multiplier;
    int32_t lhs_shift;
    int32_t rhs_zero_point;
    int32_t rhs_multiplier;
    int32_t rhs_shift;
    uint8_t elements; /* TE_COMPARE_...: of both operands */
    uint8_t holds;    /* bits for which the result is 1: lhs is 1: less, 2: equal, 4: greater */
} te_compare_params;

/* out[i] = 1 where lhs[i] stands in the relation to rhs[i], else 0: one byte each.
 *
 * Operands broadcast as te_pairs says. No scratch. Element progress: an operand of the output's
 * shape and of single bytes may share the output's place.
 */
void te_compare_s8(const te_compare_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                   int32_t last);

#endif
