/* Fully connected operator of int16 for the DSP extension, with weights expanded to int16. */
#include "te_dsp_fully_connected_s16.h"

#include "te_dsp_product_sums.h"
#include "te_requantize.h"
#include "te_scaled_s16.h"

/* Outputs whose sums are computed at a time, a multiple of four. */
#define TE_SUMS 32

/* Scales `count` sums, of outputs from `first` on, and clamps them. */
static void te_scale(const te_fully_connected_s16_dsp_params *op, const int32_t *sums,
                     int32_t first, int32_t count, int16_t *out)
{
    const int32_t step = op->factor_step;
    const int32_t *multiplier = op->multiplier + first * step;
    const int32_t *fraction = op->fraction + first * step;
    const int8_t *shift = op->shift + first * step;
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = te_scaled(sums[i], *multiplier, *fraction, *shift);
        out[first + i] = (int16_t)te_clamp(value, op->act_min, op->act_max);
        multiplier += step;
        fraction += step;
        shift += step;
    }
}

TE_SHARED void te_fully_connected_s16_dsp(const te_fully_connected_s16_dsp_params *op, te_src in,
                                          te_dst out, int32_t first, int32_t last, void *scratch)
{
    int32_t sums[TE_SUMS] = {0};
    int32_t *const x = scratch;
    const int32_t record_words = 4 + 4 * op->pairs;
    te_product_row row = {0, (int8_t *)(void *)sums, x, x + op->pairs, 0, TE_CONV_UP_LESS, 0};
    for (int32_t r = first; r < last; r++) {
        te_product_copy(x, op->pairs, te_src_row_s16(in, r), op->in_c);
        int16_t *const to = te_dst_row_s16(out, r);
        row.weight_end = op->weight;
        for (int32_t oc = 0; oc < op->out_c; oc += TE_SUMS) {
            const int32_t left = op->out_c - oc;
            const int32_t count = left < TE_SUMS ? left : TE_SUMS;
            row.weight = row.weight_end;
            row.weight_end = row.weight + (count + 3) / 4 * record_words;
            te_product_sums(&row);
            te_scale(op, sums, oc, count, to);
        }
    }
}
