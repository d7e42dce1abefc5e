/* Fully connected operator of int8 for the DSP extension, with weights of 4 bits. */
#include "te_dsp_fully_connected.h"

#include "te_dsp_conv_w4.h"

TE_SHARED void te_fully_connected_s8_dsp_w4(const te_fully_connected_dsp_params *op, te_src in,
                                            te_dst out, int32_t first, int32_t last, void *scratch)
{
    int32_t *const x = scratch;
    te_conv_block block = te_conv_even(op->weight, op->words, x, op->pairs);
    block.rounding = op->rounding;
    block.offset = op->offset;
    for (int32_t row = first; row < last; row++) {
        (void)te_conv_expand(x, 1, te_src_row(in, row), 0, op->in_c);
        block.out = te_dst_row(out, row);
        te_conv_dot_1_w4(&block);
        if (op->act_min > -128 || op->act_max < 127) {
            te_clamp_run(block.out, op->out_c, op->act_min, op->act_max);
        }
    }
}
