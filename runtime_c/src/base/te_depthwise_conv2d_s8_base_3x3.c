/* Depthwise convolution of int8 for cores without DSP, windows 3x3 with a column of padding beside. */
#include "te_base_depthwise_line.h"

#include "te_base.h"

/* Sets where the rows of a line stand, of which `taps` are inside the input. */
static inline void te_line_place(te_depthwise_line *line, te_taps taps)
{
    const te_depthwise_conv2d_base_3x3_params *const op = line->op;
    const int32_t is_whole = taps.last - taps.first == 3;
    const int32_t moved = op->out_w == 6 ? op->in_pixel_step : 0; /* within a row */
    te_row_walk walk = line->walk;
    const int32_t begin = walk.offset;
    te_walk_on(&walk);
    const int32_t second = walk.offset;
    line->row_step[0] = second - begin - moved;
    if (is_whole) {
        te_walk_on(&walk);
    }
    line->row_step[1] = walk.offset - (is_whole ? second : begin) - moved;
    line->in_on = op->in_channel_step - (walk.offset - begin) - moved;
    line->rows = is_whole ? TE_LINE_WHOLE : taps.first > 0 ? TE_LINE_TOP : TE_LINE_BOTTOM;
    const int32_t behind = line->rows == TE_LINE_BOTTOM ? 3 : 0;
    line->weight = (const int8_t *)((uintptr_t)op->weight - (uintptr_t)behind);
    line->weight_end = op->weight + 9 * op->channels - behind;
    line->from = (const int8_t *)line->in.base + begin;
}

TE_SHARED void te_depthwise_conv2d_s8_base_3x3(const te_depthwise_conv2d_base_3x3_params *op,
                                               te_src in, te_dst out, int32_t first, int32_t last,
                                               void *scratch)
{
    te_depthwise_line line = {
        .pixel_step = op->in_pixel_step,
        .pixel_step_3 = 3 * op->in_pixel_step,
        .zero_point = op->in_zero_point,
        .factors = op->factors,
        .centre = 2 * op->out_zero_point + 1,
        .out_step = op->out_pixel_step,
        .out_on = op->out_channel_step - (op->out_w - 2) / 2 * 2 * op->out_pixel_step,
        .op = op,
        .in = in,
        .padded = scratch,
    };
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps taps = te_clip_taps(ih, 1, 3, op->in_h);
        line.walk = te_walk_rows(in, ih + taps.first, 1);
        line.out = te_dst_row(out, oh);
        te_line_place(&line, taps);
        op->line(&line);
        te_base_clamp(line.out, op->out_w * op->channels, op->act_min, op->act_max);
    }
}
