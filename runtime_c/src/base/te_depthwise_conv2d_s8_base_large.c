/* Depthwise convolution of int8 for cores without DSP, windows five and seven wide, short lines. */
#include "te_base_depthwise_large_line.h"

#include "te_base.h"

/* Sets where the rows of a line stand that are inside the input. */
static inline void te_large_place(te_depthwise_large *line)
{
    const te_depthwise_conv2d_base_large_params *const op = line->op;
    const int32_t count = line->rows.last - line->rows.first;
    const int32_t columns = op->columns * op->in_pixel_step;
    const int32_t behind = (op->group - 2) / 2 * 2; /* outputs that a group has gone on */
    const int32_t last = op->out_w - op->group;
    const int32_t second = op->second * op->in_pixel_step;
    te_row_walk walk = line->walk;
    const int32_t begin = walk.offset;
    for (int32_t i = 0; i + 1 < count; i++) {
        const int32_t before = walk.offset;
        te_walk_on(&walk);
        line->row_step[i] = walk.offset - before - columns;
    }
    line->row_step[count - 1] = 0;
    const int32_t back = begin - walk.offset - columns; /* to where the first row begins */
    line->second.out = (last - behind) * op->out_pixel_step;
    line->second.in = second + back;
    line->on.out = op->out_channel_step - (last + behind) * op->out_pixel_step;
    line->on.in = op->in_channel_step - second + back;
    line->from = (const int8_t *)line->in.base + begin;
    line->rows_nbytes = count * op->kernel_w;
    line->weight = op->weight + line->rows.first * op->kernel_w;
    line->weight_on = (op->kernel_h - count) * op->kernel_w;
    line->weight_end = op->weight + op->channels * op->kernel_h * op->kernel_w;
}

TE_SHARED void te_depthwise_conv2d_s8_base_large(const te_depthwise_conv2d_base_large_params *op,
                                                 te_src in, te_dst out, int32_t first, int32_t last,
                                                 void *scratch)
{
    te_depthwise_large line = {
        .pixel_step = op->in_pixel_step,
        .zero_point = op->in_zero_point,
        .factors = op->factors,
        .centre = 2 * op->out_zero_point + 1,
        .out_step = op->out_pixel_step,
        .op = op,
        .in = in,
        .padded = scratch,
    };
    if (!TE_LINE_IS_ASSEMBLY) {
        __builtin_memset(scratch, op->in_zero_point, (size_t)(op->kernel_h * op->width));
    }
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        line.rows = te_clip_taps(ih, 1, op->kernel_h, op->in_h);
        line.walk = te_walk_rows(in, ih + line.rows.first, 1);
        line.out = te_dst_row(out, oh);
        if (TE_LINE_IS_ASSEMBLY) {
            te_large_place(&line);
        }
        op->line(&line);
        te_base_clamp(line.out, op->out_w * op->channels, op->act_min, op->act_max);
    }
}
