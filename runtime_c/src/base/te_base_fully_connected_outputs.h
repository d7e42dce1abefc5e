/* Fully connected operator for cores without DSP: what is around the dot products of any weights. */
#ifndef TE_BASE_FULLY_CONNECTED_OUTPUTS_H
#define TE_BASE_FULLY_CONNECTED_OUTPUTS_H

#include "te_base_fully_connected.h"

#include "te_base.h"

/* Gives what a row of inputs adds to every sum beyond what it should. */
static inline int32_t te_fully_connected_excess(const te_fully_connected_base_params *op,
                                                const int8_t *in)
{
    int32_t sum = 0;
    for (int32_t ic = 0; ic < op->in_c; ic++) {
        sum += in[ic];
    }
    return op->weight_offset * sum;
}

/* Gives the outputs `oc` and on of `count` sums. */
static inline void te_fully_connected_outputs(const te_fully_connected_base_params *op, int32_t oc,
                                              int32_t count, const int32_t *sums, int8_t *to)
{
    int32_t factor = oc * op->factor_step;
    for (int32_t i = 0; i < count; i++) {
        const int32_t sum = te_shift_left(sums[i], op->left[factor]);
        const int32_t value = te_multiply_q32(sum, op->multiplier[factor]);
        to[oc + i] = (int8_t)te_base_saturate((op->offset[factor] + value) >> op->bits);
        factor += op->factor_step;
    }
}

#endif
