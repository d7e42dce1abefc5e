/* Fully connected operator of int16 for MVE: four outputs at a time. */
#include "te_mve_s16.h"

#include "te_mve_dot_s16.h"
#include "te_requantize.h"
#include "te_scaled_s16.h"

TE_SHARED void te_fully_connected_s16_mve(const te_fully_connected_s16_mve_params *op, te_src in,
                                          te_dst out, int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int16_t *const from = te_src_row_s16(in, row);
        int16_t *const to = te_dst_row_s16(out, row);
        for (int32_t oc = 0; oc < op->out_c; oc += 4) {
            const int32_t count = op->out_c - oc < 4 ? op->out_c - oc : 4;
            const int8_t *weights[4];
            int32_t sums[4] = {0};
            __builtin_memcpy(sums, op->bias + oc, (size_t)count * sizeof *sums);
            te_mve_find_4(op->weight, op->in_c, oc, op->out_c, weights);
            te_mve_dot_4_s16(from, weights, op->in_c, sums);
            for (int32_t i = 0; i < count; i++) {
                const int32_t at = (oc + i) * op->factor_step;
                const int32_t value =
                    te_scaled(sums[i], op->multiplier[at], op->fraction[at], op->shift[at]);
                to[oc + i] = (int16_t)te_clamp(value, op->act_min, op->act_max);
            }
        }
    }
}
