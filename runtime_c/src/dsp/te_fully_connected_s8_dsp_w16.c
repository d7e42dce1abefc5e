/* Fully connected operator of int8 for the DSP extension, with weights of int16. */
#include "te_dsp_fully_connected.h"

#include "te_dsp_conv_w16.h"

void te_fully_connected_s8_dsp_w16(const te_fully_connected_dsp_params *op, te_src in, te_dst out,
                                   int32_t first, int32_t last, void *scratch)
{
    int32_t *const x = scratch;
    te_conv_block block = {op->weight, 0, 0, 0, 1, x, x + op->pairs, op->pairs, 0};
    for (int32_t row = first; row < last; row++) {
        (void)te_conv_expand_1(x, te_src_row(in, row), op->in_c);
        block.out = te_dst_row(out, row);
        te_conv_channels(&block, te_conv_dot_1_w16, op->out_c, op->words, op->even_words);
        if (op->act_min > -128 || op->act_max < 127) {
            te_clamp_run(block.out, op->out_c, op->act_min, op->act_max);
        }
    }
}
