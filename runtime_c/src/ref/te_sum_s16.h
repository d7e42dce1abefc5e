/* Sums and differences of int16 at a common scale: what te_add_s16 and te_sub_s16 share. */
#ifndef TE_SUM_S16_H
#define TE_SUM_S16_H

#include "te_add.h"
#include "te_binary_rows_s16.h"
#include "te_requantize.h"

/* Left shift of the operands before they are brought to their common scale. */
#define TE_ADD_S16_LEFT_SHIFT 15

/* The left operand at the common scale, 15 bits to the left. */
static inline int32_t te_add_s16_lhs(const te_add_params *op, int32_t lhs)
{
    const int32_t value = lhs * (1 << TE_ADD_S16_LEFT_SHIFT);
    return te_requantize(value, op->lhs_multiplier, op->lhs_shift);
}

/* The right operand at the common scale, 15 bits to the left. */
static inline int32_t te_add_s16_rhs(const te_add_params *op, int32_t rhs)
{
    const int32_t value = rhs * (1 << TE_ADD_S16_LEFT_SHIFT);
    return te_requantize(value, op->rhs_multiplier, op->rhs_shift);
}

/* The output element of a sum at the common scale. */
static inline int16_t te_add_s16_out(const te_add_params *op, int32_t sum)
{
    const int32_t value = te_requantize(sum, op->out_multiplier, op->out_shift);
    return (int16_t)te_clamp(value, op->act_min, op->act_max);
}

#endif
