/* Two-dimensional convolution for cores without DSP: two pixels in a multiplication.
 *
 * TE_BASE_OUTPUT, defined before, is te_base_output or te_base_output_once.
 */
#ifndef TE_BASE_CONV_H
#define TE_BASE_CONV_H

#include "te_base_channels.h"
#include "te_base_conv2d.h"

#include "te_base.h"
#include "te_window.h"

#include <string.h>

/* Expands `count` taps of a group of pixels, which stand at `from`. Gives the place behind them. */
static int32_t *te_conv_expand(int32_t *x, const int8_t *const from[4], int32_t group,
                               int32_t count)
{
    const int8_t *const first = from[0];
    const int8_t *const second = from[1];
    if (group == 2) {
        for (int32_t i = 0; i < count; i++) {
            *x++ = first[i] + second[i] * 65536;
        }
        return x;
    }
    const int8_t *const third = from[2];
    const int8_t *const fourth = from[3];
    for (int32_t i = 0; i < count; i++) {
        x[0] = first[i] + second[i] * 65536;
        x[1] = third[i] + fourth[i] * 65536;
        x += 2;
    }
    return x;
}

/* Expands the taps of `rows` kernel rows that are padding. */
static int32_t *te_conv_fill(const te_conv2d_base_params *op, int32_t *x, int32_t group,
                             int32_t rows)
{
    const int32_t words = rows * op->kernel_w * op->in_c * group / 2;
    for (int32_t i = 0; i < words; i++) {
        *x++ = op->in_zero_point * 65537;
    }
    return x;
}

/* A group of pixels: the last of `count` stands for those that are missing. */
typedef struct {
    int32_t in_w; /* of the row that it lies in */
    int32_t ow;
    int32_t size;
    int32_t count;
} te_conv_group;

/* Expands the taps of one kernel row in input row `row`. `padding` are in_c bytes of padding. */
static int32_t *te_conv_expand_row(const te_conv2d_base_params *op, const int8_t *row,
                                   te_conv_group group, const int8_t *padding, int32_t *x)
{
    const int8_t *from[4];
    const int32_t iw = group.ow * op->stride_w - op->pad_left;
    const int32_t reach = (group.count - 1) * op->stride_w + op->kernel_w;
    if (iw >= 0 && iw + reach <= group.in_w && op->dilation_w == 1) {
        for (int32_t i = 0; i < group.size; i++) {
            const int32_t pixel = i < group.count ? i : group.count - 1;
            from[i] = row + (iw + pixel * op->stride_w) * op->in_c;
        }
        return te_conv_expand(x, from, group.size, op->kernel_w * op->in_c);
    }
    for (int32_t kw = 0; kw < op->kernel_w; kw++) {
        for (int32_t i = 0; i < group.size; i++) {
            const int32_t pixel = i < group.count ? i : group.count - 1;
            const int32_t column = iw + kw * op->dilation_w + pixel * op->stride_w;
            const int32_t is_inside = column >= 0 && column < group.in_w;
            from[i] = is_inside ? row + column * op->in_c : padding;
        }
        x = te_conv_expand(x, from, group.size, op->in_c);
    }
    return x;
}

/* Expands the windows of a group. `walk` stands at the first kernel row inside the input. */
static void te_conv_gather(const te_conv2d_base_params *op, te_src in, te_row_walk walk,
                           te_taps rows, te_conv_group group, const int8_t *padding, int32_t *x)
{
    x = te_conv_fill(op, x, group.size, rows.first);
    for (int32_t kh = rows.first; kh < rows.last; kh++) {
        x = te_conv_expand_row(op, (const int8_t *)in.base + walk.offset, group, padding, x);
        te_walk_on(&walk);
    }
    (void)te_conv_fill(op, x, group.size, op->kernel_h - rows.last);
}

/* Computes all channels of a group that is expanded in `x`. */
static void te_conv_channels(const te_conv2d_base_params *op, const int32_t *x, te_conv_group group,
                             int8_t *out)
{
    const int32_t last = group.count - 1;
    const int32_t step = op->pixel_step;
    const te_base_group channels = {
        x,
        op->channel,
        out,
        op->channel + op->out_c * TE_BASE_WORDS,
        2 * op->out_zero_point + 1,
        op->channel_step,
        {(last < 1 ? last : 1) * step, (last < 2 ? last : 2) * step, last * step},
        op->weight};
    if (group.size == 4) {
        te_base_channels_4(&channels);
    } else {
        te_base_channels_2(&channels);
    }
}

/* Tells whether windows are one tap that never lies outside the input. */
static int32_t te_conv_is_point(const te_conv2d_base_params *op)
{
    const int32_t right = (op->out_w - 1) * op->stride_w;
    return op->kernel_h == 1 && op->kernel_w == 1 && op->pad_left == 0 && right < op->in_w;
}

/* Gives how many rows from `oh` to `last` stand one behind the other in both rings, and can be
 * computed as one: windows must be points that lie as close as the outputs.
 */
static int32_t te_conv_rows_in_line(const te_conv2d_base_params *op, te_src in, te_dst out,
                                    int32_t oh, int32_t last)
{
    if (!te_conv_is_point(op) || op->stride_h * op->stride_w != 1 || op->pad_top != 0 ||
        op->pixel_step == 1 || op->out_w < op->in_w) {
        return 1;
    }
    const int32_t inputs = in.rows - te_ring_index(oh, in.rows);
    const int32_t outputs = out.rows - te_ring_index(oh, out.rows);
    const int32_t rows = inputs < outputs ? inputs : outputs;
    return rows < last - oh ? rows : last - oh;
}

/* A part of the kernel whose frame it shares, wherever the compiler would draw the line. */
#if defined(__GNUC__)
#define TE_BASE_WITHIN static inline __attribute__((always_inline))
#else
#define TE_BASE_WITHIN static inline
#endif

/* Computes output rows [first, last). */
TE_BASE_WITHIN void te_base_conv(const te_conv2d_base_params *op, te_src in, te_dst out,
                                 int32_t first, int32_t last, void *scratch)
{
    int32_t *const x = scratch;
    const int32_t taps = op->kernel_h * op->kernel_w * op->in_c;
    int8_t *const padding = (int8_t *)(x + (taps > 1 ? taps : 2) * op->group / 2);
    memset(padding, op->in_zero_point, (size_t)op->in_c);
    for (int32_t oh = first; oh < last;) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const int32_t in_line = te_conv_rows_in_line(op, in, out, oh, last);
        const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
        int8_t *const row = te_dst_row(out, oh);
        const int32_t out_w = op->out_w * in_line;
        te_conv_group group = {op->in_w * in_line, 0, op->group, op->group};
        for (; group.ow < out_w; group.ow += group.count) {
            const int32_t left = out_w - group.ow;
            group.size = left > 2 ? op->group : 2;
            group.count = left < group.size ? left : group.size;
            te_conv_gather(op, in, walk, rows, group, padding, x);
            te_conv_channels(op, x, group, row + group.ow * op->pixel_step);
        }
        te_base_clamp(row, out_w * op->out_c, op->act_min, op->act_max);
        oh += in_line;
    }
}

#endif
