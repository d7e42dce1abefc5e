/* Depthwise convolution with windows three wide in Thumb-2: around groups of outputs.
 *
 * They are computed from the input where it stands; rows with more padding than a column, lines of
 * one or two outputs, and windows of more than three rows, from a copy of the channel's rows.
 */
#ifndef TE_BASE_DEPTHWISE_3_H
#define TE_BASE_DEPTHWISE_3_H

#include "te_base_depthwise.h"
#include "te_base_depthwise_t2.h"

/* The windows of one output row. */
typedef struct {
    int32_t rows;   /* inside the input */
    int32_t second; /* from the first row to the second; further ones of copies stand alike */
    int32_t third;
    int32_t pixel_step; /* from column to column */
    int32_t is_left;    /* the first column is padding */
    int32_t right; /* from the second column to the input's last one; 0 if no padding is seen */
    int32_t above; /* weights above the input */
} te_depthwise_windows;

/* Gives what the column of padding beside that at `from` adds beyond the weights at `weight`. */
static inline int32_t te_depthwise_border(const te_depthwise_windows *windows, const int8_t *from,
                                          const int8_t *weight, int32_t zero_point)
{
    int32_t sum = windows->rows > 0 ? weight[0] * (zero_point - from[0]) : 0;
    if (windows->rows > 1) {
        sum += weight[3] * (zero_point - from[windows->second]);
    }
    if (windows->rows > 2) {
        sum += weight[6] * (zero_point - from[windows->third]);
    }
    return sum;
}

/* Whether a line takes less in groups of five than of three: by about one and a half times as much. */
static inline int32_t te_depthwise_takes_fives(int32_t out_w)
{
    return out_w > 4 && (out_w + 4) / 5 * 3 <= (out_w + 2) / 3 * 2;
}

/* Sets what all channels share, for `groups` groups of `size` outputs. */
static inline void te_depthwise_set(te_depthwise_sweep *sweep, const te_depthwise_windows *windows,
                                    int32_t size, int32_t groups, int32_t stride)
{
    const int32_t step = windows->pixel_step;
    const int32_t second = windows->second;
    const int32_t back = 2 * step;
    sweep->row_step[0] = second - back;
    sweep->row_step[1] = (windows->rows == 2 ? second : windows->third - second) - back;
    sweep->pixel_step = step;
    sweep->advance = size * stride * step;
    sweep->later_first = -step;
    sweep->last = (size - 3 + 2 * stride - 1) * step;
    sweep->final_last = sweep->last - (windows->right > 0 ? step : 0);
    sweep->place = windows->rows == 0 ? 3 : windows->rows % 3;
    if (groups == 1) {
        sweep->last = sweep->final_last;
    }
}

/* Puts windows where their rows stand in the input. `walk` is at the first one. */
static inline void te_depthwise_place(const te_depthwise_conv2d_base_params *op, te_row_walk walk,
                                      int32_t is_right, te_depthwise_windows *windows)
{
    const int32_t begin = walk.offset;
    windows->pixel_step = op->in_pixel_step;
    windows->is_left = op->pad_left;
    windows->right = is_right ? (op->in_w - 2 + op->pad_left) * op->in_pixel_step : 0;
    te_walk_on(&walk);
    windows->second = walk.offset - begin;
    te_walk_on(&walk);
    windows->third = walk.offset - begin;
}

/* Sets the sums of a channel, whose weights are `inside` the input from there on. */
TE_NOINLINE static void te_depthwise_sums(te_depthwise_sweep *sweep,
                                          const te_depthwise_conv2d_base_params *op,
                                          const te_depthwise_windows *windows, int32_t bias,
                                          int32_t size)
{
    const int8_t *const from = sweep->from;
    const int8_t *const inside = sweep->weight;
    const int32_t zero_point = op->in_zero_point;
    if (windows->rows < op->kernel_h) {
        const int32_t outside = (op->kernel_h - windows->rows) * 3;
        const int32_t above = windows->above;
        bias += zero_point * (te_depthwise_sum(inside - above, above) +
                              te_depthwise_sum(sweep->weight_end, outside - above));
    }
    int32_t before = bias;
    int32_t behind = bias;
    if (windows->is_left) {
        before += te_depthwise_border(windows, from, inside, zero_point);
    }
    if (windows->right > 0) {
        behind += te_depthwise_border(windows, from + windows->right, inside + 2, zero_point);
    }
    for (int32_t i = 0; i < TE_DEPTHWISE_MOST; i++) {
        sweep->sums[i] = bias;
    }
    sweep->sums[0] = before;
    sweep->later_sum = bias;
    sweep->final_sum = behind;
    if (sweep->groups == 1) {
        sweep->sums[size - 1] = behind;
    }
}

/* Copies what output channel `oc` of row `oh` sees. */
TE_NOINLINE static void te_depthwise_copy_beside(const te_depthwise_conv2d_base_params *op,
                                                 te_src in, int32_t oh, int32_t oc, int8_t *padded)
{
    const int32_t at = oc / op->channel_multiplier * op->in_channel_step;
    const int32_t room = op->width - op->pad_left;
    const int32_t ih = oh * op->stride_h - op->pad_top;
    const te_taps rows = te_clip_taps(ih, 1, op->kernel_h, op->in_h);
    te_row_walk row = te_walk_rows(in, ih + rows.first, 1);
    padded += op->pad_left;
    for (int32_t kh = rows.first; kh < rows.last; kh++) {
        te_depthwise_copy((const int8_t *)in.base + row.offset + at, op->in_pixel_step, padded,
                          room < op->in_w ? room : op->in_w);
        padded += op->width;
        te_walk_on(&row);
    }
}

/* Computes groups of three outputs, or of five. */
static inline void te_depthwise_sweep_by(te_depthwise_sweep *sweep, int32_t stride, int32_t size)
{
    if (stride == 2) {
        te_depthwise_sweep_3_2(sweep);
    } else if (size == 5) {
        te_depthwise_sweep_5_1(sweep);
    } else {
        te_depthwise_sweep_3_1(sweep);
    }
}

/* Computes one or two outputs by way of a group of three beside them. */
TE_NOINLINE static void te_depthwise_few(te_depthwise_sweep *sweep, int32_t stride, int32_t count)
{
    int8_t three[3] = {0, 0, 0};
    int8_t *const out = sweep->out;
    const int32_t step = sweep->out_step;
    sweep->out = three;
    sweep->out_step = 1;
    te_depthwise_sweep_by(sweep, stride, 3);
    sweep->out_step = step;
    for (int32_t i = 0; i < count; i++) {
        out[i * step] = three[i];
    }
}

/* Computes one output row from windows at `from`, which are copied there if `padded` is given. */
static inline void te_depthwise_row_3(const te_depthwise_conv2d_base_params *op, te_src in,
                                      int32_t oh, const te_depthwise_windows *windows, int8_t *out,
                                      const int8_t *from, int8_t *padded, int32_t stride)
{
    const int32_t size = stride == 1 && te_depthwise_takes_fives(op->out_w) ? 5 : 3;
    const int32_t groups = (op->out_w + size - 1) / size;
    const int32_t final_output = groups > 1 ? op->out_w - size : 0;
    const int8_t *inside = op->weight + windows->above;
    int32_t left = op->channel_multiplier;
    te_depthwise_sweep sweep;
    te_depthwise_set(&sweep, windows, size, groups, stride);
    const int32_t last = sweep.last;
    sweep.out_step = op->out_pixel_step;
    for (int32_t oc = 0; oc < op->out_c; oc++) {
        if (padded != 0 && left == op->channel_multiplier) {
            te_depthwise_copy_beside(op, in, oh, oc, padded);
        }
        const te_base_factors by =
            te_base_fold(op->multiplier[oc], op->shift[oc], op->out_zero_point);
        sweep.from = from;
        sweep.weight = inside;
        sweep.weight_end = inside + windows->rows * 3;
        sweep.multiplier = by.multiplier;
        sweep.offset = by.offset;
        sweep.shift = by.shift;
        sweep.out = out;
        sweep.first = windows->is_left ? 0 : -windows->pixel_step;
        sweep.last = last;
        sweep.groups = groups;
        sweep.final_from = from + final_output * stride * windows->pixel_step;
        sweep.final_out = out + final_output * op->out_pixel_step;
        te_depthwise_sums(&sweep, op, windows, op->bias[oc], size);
        if (op->out_w < 3) {
            te_depthwise_few(&sweep, stride, op->out_w);
        } else {
            te_depthwise_sweep_by(&sweep, stride, size);
        }
        out += op->out_channel_step;
        inside += op->kernel_h * 3;
        left--;
        if (left == 0) {
            left = op->channel_multiplier;
            from += padded != 0 ? 0 : op->in_channel_step;
        }
    }
}

/* Computes output rows [first, last). The stride follows from the width of padded rows. */
static inline void te_depthwise_rows_3(const te_depthwise_conv2d_base_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last, int8_t *padded)
{
    const int32_t stride = op->width - 3 < (op->out_w + 3) / 4 * 4 ? 1 : 2;
    const int32_t reach = (op->out_w - 1) * stride + 3 - op->pad_left - op->in_w;
    const int32_t is_copied = op->pad_left > 1 || reach > 1 || op->kernel_h > 3 || op->out_w < 3;
    if (is_copied) {
        __builtin_memset(padded, op->in_zero_point, (size_t)(op->kernel_h * op->width));
    }
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, 1, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first, 1);
        const int32_t count = rows.last - rows.first;
        te_depthwise_windows windows = {
            count, op->width, 2 * op->width, 1, 0, 0, rows.first * 3,
        };
        if (!is_copied) {
            te_depthwise_place(op, walk, reach > 0, &windows);
        }
        const int8_t *const from = is_copied ? padded + 1
                                             : (const int8_t *)in.base + walk.offset +
                                                   (1 - op->pad_left) * op->in_pixel_step;
        int8_t *const row = te_dst_row(out, oh);
        te_depthwise_row_3(op, in, oh, &windows, row, from, is_copied ? padded : 0, stride);
        te_base_clamp(row, op->out_w * op->out_c, op->act_min, op->act_max);
    }
}

#endif
