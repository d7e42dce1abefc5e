/* Fully connected operator of int8 for cores without DSP: four outputs at a time.
 *
 * Weights are unsigned, for Thumb-1 loads only those of unsigned bytes from a fixed place behind a
 * register. What that adds to every sum is a multiple of the sum of the inputs.
 */
#include "te_base_fully_connected_outputs.h"
#include "te_base_product.h"

/* Adds the products of `count` elements and the weights of one output, `step` apart. */
static void te_fully_connected_one(const int8_t *in, const uint8_t *weight, int32_t step,
                                   int32_t count, int32_t *sum)
{
    for (int32_t i = 0; i < count; i++) {
        *sum += in[i] * *weight;
        weight += step;
    }
}

TE_SHARED void te_fully_connected_s8_base(const te_fully_connected_base_params *op, te_src in,
                                          te_dst out, int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int8_t *const from = te_src_row(in, row);
        int8_t *const to = te_dst_row(out, row);
        const int32_t excess = te_fully_connected_excess(op, from);
        const uint8_t *weight = op->weight;
        for (int32_t oc = 0; oc < op->out_c;) {
            const int32_t left = op->out_c - oc;
            const int32_t count = left < 4 ? left : 4;
            int32_t sums[4];
            for (int32_t i = 0; i < count; i++) {
                sums[i] = op->bias[oc + i] - excess;
            }
            if (count == 4) {
                te_base_product(from, weight, op->in_c, sums);
            } else {
                for (int32_t i = 0; i < count; i++) {
                    te_fully_connected_one(from, weight + i, count, op->in_c, &sums[i]);
                }
            }
            weight += count * op->in_c;
            te_fully_connected_outputs(op, oc, count, sums, to);
            oc += count;
        }
        te_base_clamp(to, op->out_c, op->act_min, op->act_max);
    }
}
