/* Fully connected operator of int16 for MVE: four outputs at a time. */
#include "te_mve_s16.h"

#include "te_mve_quads_s16.h"
#include "te_scaled_s16.h"

/* Outputs whose sums are computed at a time, a multiple of four. */
#define TE_SUMS 32

/* Scales `count` sums, of outputs from `first` on, and clamps them. */
static void te_scale(const te_fully_connected_s16_mve_params *op, const int32_t *sums,
                     int32_t first, int32_t count, int16_t *out)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t at = (first + i) * op->factor_step;
        const int32_t value =
            te_scaled(sums[i], op->multiplier[at], op->fraction[at], op->shift[at]);
        out[first + i] = (int16_t)te_clamp(value, op->act_min, op->act_max);
    }
}

TE_SHARED void te_fully_connected_s16_mve(const te_fully_connected_s16_mve_params *op, te_src in,
                                          te_dst out, int32_t first, int32_t last)
{
    int32_t sums[TE_SUMS] = {0};
    const int32_t words = TE_QUAD_HEAD + (op->in_c + 7) / 8 * 8;
    for (int32_t row = first; row < last; row++) {
        const int16_t *const from = te_src_row_s16(in, row);
        int16_t *const to = te_dst_row_s16(out, row);
        for (int32_t oc = 0; oc < op->out_c; oc += TE_SUMS) {
            const int32_t left = op->out_c - oc;
            const int32_t count = left < TE_SUMS ? left : TE_SUMS;
            te_mve_quad_sums(from, op->weight + oc / TE_QUAD * words, op->in_c, count, sums);
            te_scale(op, sums, oc, count, to);
        }
    }
}
