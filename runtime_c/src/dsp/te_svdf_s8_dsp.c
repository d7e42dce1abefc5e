/* SVDF of int8 with a history of int16, DSP extension: two products an instruction. */
#include "te_svdf.h"

#include <stddef.h>

#include "te_dsp_quads.h"
#include "te_requantize.h"

static int16_t te_svdf_newest(const te_svdf_params *op, int32_t sum)
{
    sum = te_requantize(sum, op->feature_multiplier, op->feature_shift);
    return (int16_t)te_clamp(sum, INT16_MIN, INT16_MAX);
}

/* The newest results of all filters, two at a time, of pairs up to `end`. */
static void te_svdf_results(const te_svdf_params *op, const int32_t *pairs, const int32_t *end,
                            int16_t *newest)
{
    const int32_t filters = op->units * op->rank;
    const int32_t width = 2 * (int32_t)(end - pairs);
    const int8_t *weight = op->feature_weight;
    for (int32_t filter = 0; filter < filters; filter += 2) {
        /* A last single filter is computed twice. */
        const int32_t next = filter + 1 < filters ? 1 : 0;
        const int8_t *const other = weight + next * width;
        int32_t sum = op->feature_bias[filter];
        int32_t second = op->feature_bias[filter + next];
        for (int32_t i = 0; i < width / 2; i += 2) {
            const int32_t even = pairs[i];
            const int32_t odd = pairs[i + 1];
            sum = te_quads_add(even, odd, weight + 2 * i, sum);
            second = te_quads_add(even, odd, other + 2 * i, second);
        }
        newest[filter] = te_svdf_newest(op, sum);
        newest[filter + next] = te_svdf_newest(op, second);
        weight += 2 * width;
    }
}

/* Appends `newest` to a filter's results; gives the weighted sum of all, modulo 2^32. */
static int32_t te_svdf_over_time(int16_t *results, const int16_t *weight, int32_t memory,
                                 int32_t newest)
{
    int32_t sum = 0;
    int32_t left = memory - 1;
    for (; left >= 2; left -= 2) {
        const int32_t pair = te_load_s16x2(results + 1);
        te_store_s16x2(results, pair);
        sum = te_smlad(pair, te_load_s16x2(weight), sum);
        results += 2;
        weight += 2;
    }
    if (left > 0) {
        results[0] = results[1];
        sum = te_smlad(te_pack_low(results[0], 0), weight[0], sum);
        results++;
        weight++;
    }
    results[0] = (int16_t)newest;
    return te_smlad(te_pack_low(newest, 0), weight[0], sum);
}

/* One vector of the batch. */
static void te_svdf_vector(const te_svdf_params *op, const int16_t *newest, int8_t *out,
                           int16_t *results)
{
    const int16_t *weight = op->time_weight;
    for (int32_t unit = 0; unit < op->units; unit++) {
        uint32_t sum = op->bias != NULL ? (uint32_t)op->bias[unit] : 0U;
        for (int32_t i = 0; i < op->rank; i++) {
            sum += (uint32_t)te_svdf_over_time(results, weight, op->memory, *newest++);
            results += op->memory;
            weight += op->memory;
        }
        const int32_t value = te_requantize((int32_t)sum, op->time_multiplier, op->time_shift);
        out[unit] = (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
    }
}

TE_SHARED void te_svdf_s8_dsp(const te_svdf_params *op, te_src in, te_dst out, te_dst history,
                              int32_t first, int32_t last, void *scratch)
{
    const int8_t *from = te_src_row(in, 0);
    int8_t *to = te_dst_row(out, 0);
    int16_t *results = te_dst_row_s16(history, 0);
    int32_t *const pairs = scratch;
    const int32_t *const end = pairs + (op->in_c + 3) / 4 * 2;
    int16_t *const newest = (int16_t *)(void *)(pairs + (end - pairs));
    for (int32_t n = 0; n < op->batch && first < last; n++) {
        te_quads_expand(from, op->in_c, pairs);
        te_svdf_results(op, pairs, end, newest);
        te_svdf_vector(op, newest, to, results);
        from += op->in_c;
        to += op->units;
        results += op->units * op->rank * op->memory;
    }
}
