/* Depthwise convolution of int8 for cores without DSP, windows 3x3 with a column of padding beside. */
#include "te_base_depthwise_line.h"

#include "te_base.h"

/* Sets how groups step on, whose rows are `span` bytes from the first to the last one. */
static inline void te_line_steps(te_depthwise_line *line, int32_t span)
{
    const te_depthwise_conv2d_base_3x3_params *const op = line->op;
    const int32_t size = op->group;
    const int32_t pad = op->pad_left;
    const int32_t step = op->in_pixel_step;
    const int32_t out_step = op->out_pixel_step;
    const int32_t stride = op->stride_w;
    const int32_t behind = (size - 2) / 2 * 2; /* outputs that a group has gone on */
    const int32_t last = op->out_w - size;
    const int32_t to_last = last - (op->middle - 1 + pad) * size;
    const int32_t to_second = op->middle > 0 ? size : last;
    const int32_t from = last > 0 ? last * stride - pad : 0; /* the column of the last group */
    line->first.out = (to_second - behind) * out_step;
    line->first.in = (to_second * stride - pad - op->edge_columns) * step - span;
    line->next.out = (size - behind) * out_step;
    line->next.in = (size * stride - op->inner_columns) * step - span;
    line->on.out = op->out_channel_step - (last + behind) * out_step;
    line->on.in = op->in_channel_step - (from + op->edge_columns) * step - span;
    line->last.out = (to_last - behind) * out_step;
    line->last.in = (to_last * stride - op->inner_columns) * step - span;
    if (op->pad_right == 0) {
        line->last.out = line->on.out;
        line->last.in = line->on.in + (op->edge_columns - op->inner_columns) * step;
    }
}

/* Sets where groups begin. */
static inline void te_line_enter(te_depthwise_line *line)
{
    const te_depthwise_conv2d_base_3x3_params *const op = line->op;
    const int32_t rows = 3 * line->rows;
    const int32_t middle = rows + TE_LINE_MIDDLE_GROUP;
    const int32_t last = op->pad_right > 0 ? rows + TE_LINE_LAST_GROUP : TE_LINE_NO_GROUP;
    line->entries[0] = op->pad_left > 0 ? rows + TE_LINE_FIRST_GROUP : middle;
    line->entries[1] = middle;
    line->entries[2] = last;
    line->entries[3] = op->middle > 0 ? middle : last;
}

/* Sets where the rows of a line stand that are inside the input. */
static inline void te_line_place(te_depthwise_line *line)
{
    const te_depthwise_conv2d_base_3x3_params *const op = line->op;
    const int32_t is_whole = line->rows == TE_LINE_WHOLE;
    const int32_t behind = line->rows == TE_LINE_BOTTOM ? 3 : 0;
    const int32_t edge = op->edge_columns * op->in_pixel_step;
    const int32_t inner = op->inner_columns * op->in_pixel_step;
    te_row_walk walk = line->walk;
    const int32_t first = walk.offset;
    te_walk_on(&walk);
    const int32_t second = walk.offset;
    const int32_t before = is_whole ? second : first; /* the last but one */
    if (is_whole) {
        te_walk_on(&walk);
    }
    line->row_step[0] = second - first - edge;
    line->row_step[1] = walk.offset - before - edge;
    line->next_row[0] = second - first - inner;
    line->next_row[1] = walk.offset - before - inner;
    line->weight = (const int8_t *)((uintptr_t)op->weight - (uintptr_t)behind);
    line->weight_end = op->weight + 9 * op->channels - behind;
    line->from = (const int8_t *)line->in.base + first;
    te_line_steps(line, walk.offset - first);
    te_line_enter(line);
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
        .steps = {3 * op->in_pixel_step, 5 * op->in_pixel_step},
        .middle = op->middle,
        .op = op,
        .in = in,
        .padded = scratch,
    };
    if (!TE_LINE_IS_ASSEMBLY) {
        __builtin_memset(scratch, op->in_zero_point, (size_t)(3 * te_line_width(op)));
    }
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps taps = te_clip_taps(ih, 1, 3, op->in_h);
        line.walk = te_walk_rows(in, ih + taps.first, 1);
        line.out = te_dst_row(out, oh);
        line.rows = taps.first > 0 ? TE_LINE_TOP : taps.last < 3 ? TE_LINE_BOTTOM : TE_LINE_WHOLE;
        if (TE_LINE_IS_ASSEMBLY) {
            te_line_place(&line);
        }
        op->line(&line);
        te_base_clamp(line.out, op->out_w * op->channels, op->act_min, op->act_max);
    }
}
