/* Fully connected operator of int8 for cores without DSP, with weights of 4 bits: four outputs at a
 * time.
 */
#include "te_base_fully_connected_outputs.h"
#include "te_base_product_w4.h"

TE_SHARED void te_fully_connected_s8_base_w4(const te_fully_connected_base_params *op, te_src in,
                                             te_dst out, int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int8_t *const from = te_src_row(in, row);
        int8_t *const to = te_dst_row(out, row);
        const int32_t excess = te_fully_connected_excess(op, from);
        const uint8_t *weight = op->weight;
        for (int32_t oc = 0; oc < op->out_c; oc += TE_BASE_NIBBLE_OUTPUTS) {
            const int32_t left = op->out_c - oc;
            const int32_t count = left < TE_BASE_NIBBLE_OUTPUTS ? left : TE_BASE_NIBBLE_OUTPUTS;
            int32_t sums[TE_BASE_NIBBLE_OUTPUTS] = {0};
            te_base_product_w4(from, weight, op->in_c, sums);
            sums[0] -= 16 * sums[1];
            sums[2] -= 16 * sums[3];
            for (int32_t i = 0; i < count; i++) {
                sums[i] += op->bias[oc + i] - excess;
            }
            te_fully_connected_outputs(op, oc, count, sums, to);
            weight += op->in_c * TE_BASE_NIBBLE_OUTPUTS / 2;
        }
        te_base_clamp(to, op->out_c, op->act_min, op->act_max);
    }
}
