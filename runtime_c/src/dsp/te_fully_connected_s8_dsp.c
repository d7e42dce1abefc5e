/* Fully connected operator of int8 for the DSP extension, with weights of int8. */
#include <stddef.h>

#include "te_dsp_fully_connected.h"

#include "te_dsp_conv_expand.h"
#include "te_dsp_product.h"

/* Computes the outputs that records of four leave over: the last four, or all that there are. */
static void te_product_last(const te_fully_connected_dsp_params *op, te_product_row last,
                            int8_t *to)
{
    int8_t few[4];
    last.weight = last.weight_end;
    last.weight_end = op->weight + op->words;
    last.out = op->out_c < 4 ? few : to + op->out_c - 4;
    te_product_dot_w8(&last);
    if (op->out_c < 4) {
        __builtin_memcpy(to, few, (size_t)op->out_c);
    }
}

TE_SHARED void te_fully_connected_s8_dsp(const te_fully_connected_dsp_params *op, te_src in,
                                         te_dst out, int32_t first, int32_t last, void *scratch)
{
    int32_t *const x = scratch;
    int32_t *const x_end = x + ((op->pairs + 3) & ~3);
    const int32_t *const rest = op->weight + op->fours_words;
    te_product_row fours = {op->weight, 0, x, x_end, rest, op->rounding, op->offset};
    for (int32_t row = first; row < last; row++) {
        int32_t *end = te_conv_expand(x, 1, te_src_row(in, row), 0, op->in_c);
        while (end != x_end) {
            *end++ = 0;
        }
        int8_t *const to = te_dst_row(out, row);
        fours.out = to;
        if (op->fours_words > 0) {
            te_product_dot_w8(&fours);
        }
        if (op->words != op->fours_words) {
            te_product_last(op, fours, to);
        }
        if (op->act_min > -128 || op->act_max < 127) {
            te_clamp_run(to, op->out_c, op->act_min, op->act_max);
        }
    }
}
