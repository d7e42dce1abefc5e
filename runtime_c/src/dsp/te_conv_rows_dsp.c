/* Convolution for the DSP extension, around the dot products of any form of weights. */
#include "te_dsp_conv_window.h"

TE_SHARED void te_conv_rows(const te_conv2d_dsp_params *op, te_src in, te_dst out, int32_t first,
                            int32_t last, int32_t *x, const te_conv_dots *dots)
{
    const int32_t is_one_row = te_conv_is_one_row(op, in, out, first, last, !dots->are_fours);
    const int32_t end = is_one_row ? first + 1 : last;
    const int32_t out_w = is_one_row ? op->out_w * (last - first) : op->out_w;
    const int32_t is_point = te_conv_is_point(op);
    const int32_t point_step = op->stride_w * op->in_c;
    int8_t *const runs = (int8_t *)(x + op->pairs * op->group);
    te_conv_block block = te_conv_even(op->weight, op->even_words, x, op->pairs);
    block.pixel_step = op->pixel_step;
    block.pixel_step_3 = 3 * op->pixel_step;
    block.channel_step = op->channel_step;
    block.pair_step = 2 * op->channel_step;
    block.rounding = op->rounding;
    block.offset = op->offset;
    for (int32_t oh = first; oh < end; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
        const int8_t *const from = (const int8_t *)in.base + walk.offset;
        int8_t *const to = te_dst_row(out, oh);
        int32_t group = op->group;
        te_conv_dot dot = group == 4 ? dots->of_4 : dots->of_2;
        block.pixel_step_2 = group == 4 ? 2 * op->pixel_step : 0;
        for (int32_t ow = 0; ow < out_w; ow += group) {
            while (group > out_w - ow) {
                group = (int32_t)((uint32_t)group / 2U);
                dot = group == 2 ? dots->of_2 : dots->of_1;
                block.pixel_step_2 = 0;
            }
            if (is_point && rows.last > 0) {
                (void)te_conv_expand(x, group, from + ow * point_step, point_step, op->in_c);
            } else {
                te_conv_gather(op, in, walk, rows, ow, group, x, runs);
            }
            if (out_w != op->out_w && op->pixel_step != op->out_c) {
                te_conv_find(op, to, out.row_bytes, ow, group, &block);
            } else {
                block.out = to + ow * op->pixel_step;
            }
            block.x_end = x + block.pairs * group;
            te_conv_channels(op, dot, dots->are_fours, &block);
        }
        if (op->act_min > -128 || op->act_max < 127) {
            te_clamp_run(to, out_w * op->out_c, op->act_min, op->act_max);
        }
    }
}
