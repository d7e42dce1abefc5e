/* Fully connected operator of int16, portable C. */
#include "te_fully_connected.h"

#include "te_requantize.h"

/* Sum of the products of two runs of `count` elements. */
static int32_t te_fully_connected_dot(const int16_t *in, const int8_t *weight, int32_t count)
{
    int32_t sum = 0;
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        sum += in[i] * weight[i];
        sum += in[i + 1] * weight[i + 1];
        sum += in[i + 2] * weight[i + 2];
        sum += in[i + 3] * weight[i + 3];
    }
    for (; i < count; i++) {
        sum += in[i] * weight[i];
    }
    return sum;
}

/* What the weights' zero point takes off every sum of a row. */
static int32_t te_fully_connected_correction(const te_fully_connected_params *op, const int16_t *in)
{
    if (op->weight_zero_point == 0) {
        return 0;
    }
    int32_t sum = 0;
    for (int32_t ic = 0; ic < op->in_c; ic++) {
        sum += in[ic];
    }
    return op->weight_zero_point * sum;
}

TE_SHARED void te_fully_connected_s16(const te_fully_connected_params *op, te_src in, te_dst out,
                                      int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int16_t *const from = te_src_row_s16(in, row);
        int16_t *const to = te_dst_row_s16(out, row);
        const int32_t correction = te_fully_connected_correction(op, from);
        const int8_t *weight = op->weight;
        int32_t factor = 0;
        for (int32_t oc = 0; oc < op->out_c; oc++) {
            int32_t sum = op->bias[oc] - correction;
            sum += te_fully_connected_dot(from, weight, op->in_c);
            sum = te_requantize_double(sum, op->multiplier[factor], op->fraction[factor],
                                       op->shift[factor]);
            to[oc] = (int16_t)te_clamp(sum, op->act_min, op->act_max);
            weight += op->in_c;
            factor += op->factor_step;
        }
    }
}
