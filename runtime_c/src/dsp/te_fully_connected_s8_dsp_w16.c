/* Fully connected operator of int8 for the DSP extension, with weights expanded to int16. */
#include "te_dsp_fully_connected.h"

#include "te_dsp_conv_w16.h"
#include "te_dsp_product.h"

TE_SHARED void te_fully_connected_s8_dsp_w16(const te_fully_connected_dsp_params *op, te_src in,
                                             te_dst out, int32_t first, int32_t last, void *scratch)
{
    int32_t *const x = scratch;
    int32_t *const x_end = x + ((op->pairs + 3) & ~3);
    const int32_t *const rest = op->weight + op->fours_words;
    te_product_row fours = {op->weight, 0, x, x_end, rest, 0, 0};
    te_conv_block block = te_conv_even(rest, op->even_words - op->fours_words, x, op->pairs);
    for (int32_t row = first; row < last; row++) {
        int32_t *end = te_conv_expand(x, 1, te_src_row(in, row), 0, op->in_c);
        while (end != x_end) {
            *end++ = 0;
        }
        int8_t *const to = te_dst_row(out, row);
        fours.out = to;
        block.out = to + (op->out_c & ~3);
        if (op->out_c >= 4) {
            te_product_dot_w16(&fours);
        }
        if ((op->out_c & 2) != 0) {
            te_conv_dot_1_w16(&block);
        }
        if ((op->out_c & 1) != 0) {
            te_conv_odd(&block, te_conv_dot_1_w16, op->words - op->even_words, op->out_c & 2);
        }
        if (op->act_min > -128 || op->act_max < 127) {
            te_clamp_run(to, op->out_c, op->act_min, op->act_max);
        }
    }
}
