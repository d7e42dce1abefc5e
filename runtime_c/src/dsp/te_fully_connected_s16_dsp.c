/* Fully connected operator of int16 for the DSP extension, with weights expanded to int16. */
#include "te_dsp_fully_connected_s16.h"

/* Sums are stored as they are, and scaled afterwards. */
#define TE_PRODUCT_STORE(sum) "str " sum ", [r1], #4\n\t"
#include "te_dsp_product.h"
#include "te_requantize.h"

/* Outputs whose sums are computed at a time, a multiple of four. */
#define TE_SUMS 32

#if TE_HAS_DSP

TE_NAKED static void te_product_sums(const te_product_row *row __attribute__((unused)))
{
    __asm__(TE_PRODUCT_DOT("ldm r0!, {r9-r12}\n\t",
                           TE_PRODUCT_PAIR_W16("r5") TE_PRODUCT_PAIR_W16("r6")
                               TE_PRODUCT_PAIR_W16("r7") TE_PRODUCT_PAIR_W16("r8"),
                           "84", "6: 7:\n\t"));
}

#else

/* Does what the assembly does. */
static inline void te_product_sums(const te_product_row *row)
{
    int32_t *sums = (int32_t *)(void *)row->out;
    for (const int32_t *record = row->weight; record != row->weight_end;) {
        __builtin_memcpy(sums, record, 4 * sizeof *sums);
        record += 4;
        for (const int32_t *x = row->x; x != row->x_end; x++) {
            for (int32_t output = 0; output < 4; output++) {
                sums[output] = te_smlad(*x, record[output], sums[output]);
            }
            record += 4;
        }
        sums += 4;
    }
}

#endif

/* sum * (multiplier + fraction / 2^32) / 2^(32 + shift), rounded to nearest, halves up. */
static inline int32_t te_scaled(int32_t sum, int32_t multiplier, int32_t fraction, int32_t shift)
{
    const int32_t rest = (int32_t)(((int64_t)sum * fraction) >> 32);
    const int32_t high = (int32_t)(((int64_t)sum * multiplier + rest) >> 32);
    return (high + (1 << (shift - 1))) >> shift;
}

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
        const size_t nbytes = (size_t)op->in_c * sizeof(int16_t);
        __builtin_memcpy(x, te_src_row(in, r), nbytes);
        __builtin_memset((int8_t *)x + nbytes, 0, (size_t)op->pairs * sizeof *x - nbytes);
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
