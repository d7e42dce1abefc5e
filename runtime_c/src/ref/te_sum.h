/* Sums and differences at a common scale: what te_add_s8 and te_sub_s8 share. */
#ifndef TE_SUM_H
#define TE_SUM_H

#include "te_add.h"
#include "te_binary_rows.h"
#include "te_requantize.h"

/* Left shift of the operands before they are brought to their common scale. */
#define TE_ADD_LEFT_SHIFT 20

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

#endif
