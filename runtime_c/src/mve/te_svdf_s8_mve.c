/* SVDF of int8 with a history of int16, MVE: sixteen products an instruction. */
#include "te_svdf.h"

#include <stddef.h>

#include "te_mve_dot.h"
#include "te_requantize.h"
#include "te_svdf_over_time.h"

/* One vector of the batch. */
static void te_svdf_vector(const te_svdf_params *op, const int8_t *in, int8_t *out,
                           int16_t *results)
{
    const int8_t *feature = op->feature_weight;
    const int16_t *weight = op->time_weight;
    const int32_t *feature_bias = op->feature_bias;
    for (int32_t unit = 0; unit < op->units; unit++) {
        uint32_t sum = op->bias != NULL ? (uint32_t)op->bias[unit] : 0U;
        for (int32_t i = 0; i < op->rank; i++) {
            int32_t newest = te_mve_dot(in, feature, op->in_c, *feature_bias++);
            newest = te_requantize(newest, op->feature_multiplier, op->feature_shift);
            newest = te_clamp(newest, INT16_MIN, INT16_MAX);
            sum += te_svdf_over_time(results, weight, op->memory, newest);
            feature += op->in_c;
            results += op->memory;
            weight += op->memory;
        }
        const int32_t value = te_requantize((int32_t)sum, op->time_multiplier, op->time_shift);
        out[unit] = (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
    }
}

TE_SHARED void te_svdf_s8_mve(const te_svdf_params *op, te_src in, te_dst out, te_dst history,
                              int32_t first, int32_t last)
{
    const int8_t *from = te_src_row(in, 0);
    int8_t *to = te_dst_row(out, 0);
    int16_t *results = te_dst_row_s16(history, 0);
    for (int32_t n = 0; n < op->batch && first < last; n++) {
        te_svdf_vector(op, from, to, results);
        from += op->in_c;
        to += op->units;
        results += op->units * op->rank * op->memory;
    }
}
