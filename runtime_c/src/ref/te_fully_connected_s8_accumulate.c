/* Fully connected operator of int8 whose vector arrives row by row, portable C. */
#include "te_fully_connected_accumulate.h"

#include "te_requantize.h"

#include <string.h>

/* Adds the products of the vector's elements from `at` on, which one input row holds. */
static void te_fully_connected_add_row(const te_fully_connected_params *op, const int8_t *in,
                                       int32_t at, int32_t count, int32_t *sums)
{
    int32_t correction = 0;
    if (op->weight_zero_point != 0) {
        for (int32_t i = 0; i < count; i++) {
            correction += in[i];
        }
        correction *= op->weight_zero_point;
    }
    const int8_t *weight = op->weight + at;
    for (int32_t oc = 0; oc < op->out_c; oc++) {
        int32_t sum = sums[oc] - correction;
        for (int32_t i = 0; i < count; i++) {
            sum += in[i] * weight[i];
        }
        sums[oc] = sum;
        weight += op->in_c;
    }
}

static void te_fully_connected_finish(const te_fully_connected_params *op, const int32_t *sums,
                                      int8_t *out)
{
    int32_t factor = 0;
    for (int32_t oc = 0; oc < op->out_c; oc++) {
        const int32_t value = te_requantize_double(sums[oc], op->multiplier[factor],
                                                   op->fraction[factor], op->shift[factor]);
        out[oc] = (int8_t)te_clamp(value + op->out_zero_point, op->act_min, op->act_max);
        factor += op->factor_step;
    }
}

TE_SHARED void te_fully_connected_s8_accumulate(const te_fully_connected_params *op, te_src in,
                                                te_dst out, int32_t first, int32_t last,
                                                void *scratch)
{
    int32_t *const sums = scratch;
    if (first >= last) {
        return;
    }
    if (first == 0) {
        memcpy(sums, op->bias, (uint32_t)op->out_c * sizeof *sums);
    }
    for (int32_t row = first; row < last; row++) {
        const int32_t at = row * in.row_bytes;
        te_fully_connected_add_row(op, te_src_row(in, row), at, in.row_bytes, sums);
    }
    if (last * in.row_bytes == op->in_c) {
        te_fully_connected_finish(op, sums, te_dst_row(out, 0));
    }
}
