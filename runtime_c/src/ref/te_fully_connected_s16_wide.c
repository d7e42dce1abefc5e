/* Fully connected operator of int16 with sums of 64 bits, portable C. */
#include "te_fully_connected_s16.h"

#include "te_requantize.h"

/* Products that fit 32 bits together: 255 * 2^15 * 128 < 2^31. */
#define TE_RUN 128

/* Sum of the products of two runs of `count` elements. */
static int64_t te_dot(const int16_t *in, const int8_t *weight, int32_t weight_zero_point,
                      int32_t count)
{
    int64_t total = 0;
    for (int32_t first = 0; first < count; first += TE_RUN) {
        const int32_t last = count - first < TE_RUN ? count : first + TE_RUN;
        int32_t sum = 0;
        for (int32_t i = first; i < last; i++) {
            sum += in[i] * (weight[i] - weight_zero_point);
        }
        total += sum;
    }
    return total;
}

TE_SHARED void te_fully_connected_s16_wide(const te_fully_connected_s16_wide_params *op, te_src in,
                                           te_dst out, int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int16_t *const from = te_src_row_s16(in, row);
        int16_t *const to = te_dst_row_s16(out, row);
        const int8_t *weight = op->weight;
        int32_t factor = 0;
        for (int32_t oc = 0; oc < op->out_c; oc++) {
            const int64_t sum =
                op->bias[oc] + te_dot(from, weight, op->weight_zero_point, op->in_c);
            const int32_t value = te_requantize_double_wide(
                sum, op->multiplier[factor], op->fraction[factor], op->shift[factor]);
            to[oc] = (int16_t)te_clamp(value, op->act_min, op->act_max);
            weight += op->in_c;
            factor += op->factor_step;
        }
    }
}
