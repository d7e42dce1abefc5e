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

/* A group of pixels: the last of `count` stands for those that are missing. */
typedef struct {
    int32_t row_bytes; /* of the input row that it lies in */
    int32_t step;      /* bytes from pixel to pixel in it */
    int32_t size;
    int32_t count;
} te_conv_group;

/* Fills `rows` kernel rows with padding. */
static void te_conv_fill(const te_conv2d_base_params *op, int32_t *x, int32_t row_words,
                         int32_t rows)
{
    for (int32_t i = 0; i < row_words * rows; i++) {
        x[i] = op->in_zero_point * 65537;
    }
}

/* Expands `count` taps of two pixels. */
static void te_conv_expand_2(int32_t *x, const int8_t *const from[4], int32_t count)
{
    const int8_t *const first = from[0];
    const int8_t *const second = from[1];
    for (int32_t i = 0; i < count; i++) {
        x[i] = first[i] + second[i] * 65536;
    }
}

/* Expands `taps` taps that stand `at` bytes from the start of an input row on, for all pixels of a
 * group.
 */
static void te_conv_expand(const int8_t *row, te_conv_group group, int32_t at, int32_t taps,
                           const int8_t *padding, int32_t *x)
{
    const int8_t *from[4];
    for (int32_t pixel = 0; pixel < group.size; pixel++) {
        const int32_t is_inside = (uint32_t)at < (uint32_t)group.row_bytes;
        from[pixel] = is_inside ? row + at : padding;
        at += pixel + 1 < group.count ? group.step : 0;
    }
    if (group.size == 4) {
        te_base_expand_4(x, from, taps);
    } else {
        te_conv_expand_2(x, from, taps);
    }
}

/* Gives how many taps of `left`, from `at` bytes on, are beside each other for all pixels of a group;
 * those of one kernel column where a pixel's lie outside.
 */
static int32_t te_conv_run(const te_conv2d_base_params *op, te_conv_group group, int32_t at,
                           int32_t left)
{
    const int32_t inside = group.row_bytes - at - (group.count - 1) * group.step;
    if (op->dilation_w != 1 || at < 0 || inside < op->in_c) {
        return op->in_c;
    }
    return inside < left ? inside : left;
}

/* Expands the windows of a group, of which the kernel rows `rows` lie in the input; `walk` stands at
 * the first, and `at` are the bytes to the first pixel's window in it. `padding` are in_c bytes of
 * padding.
 */
static void te_conv_gather(const te_conv2d_base_params *op, te_src in, te_row_walk walk,
                           te_taps rows, te_conv_group group, int32_t at, const int8_t *padding,
                           int32_t *x)
{
    int32_t left = op->kernel_w * op->in_c;
    const int32_t row_words = left * group.size / 2;
    te_conv_fill(op, x, row_words, rows.first);
    te_conv_fill(op, x + row_words * rows.last, row_words, op->kernel_h - rows.last);
    x += row_words * rows.first;
    while (left > 0) {
        const int32_t taps = te_conv_run(op, group, at, left);
        int32_t *to = x;
        te_row_walk here = walk;
        for (int32_t kh = rows.first; kh < rows.last; kh++) {
            te_conv_expand((const int8_t *)in.base + here.offset, group, at, taps, padding, to);
            to += row_words;
            te_walk_on(&here);
        }
        x += taps * group.size / 2;
        at += taps * op->dilation_w;
        left -= taps;
    }
}

/* Computes all channels of a group of `size` pixels, of which `count` are there. */
static void te_conv_channels(te_base_group *channels, int32_t size, int32_t count, int32_t step)
{
    const int32_t last = (count - 1) * step;
    channels->offset[0] = count < 2 ? last : step;
    channels->offset[1] = count < 3 ? last : 2 * step;
    channels->offset[2] = last;
    if (size == 4) {
        te_base_channels_4(channels);
    } else {
        te_base_channels_2(channels);
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
    te_base_group channels = {x,
                              op->channel,
                              out.base,
                              op->channel + op->out_c * TE_BASE_WORDS,
                              2 * op->out_zero_point + 1,
                              op->channel_step,
                              {0},
                              op->weight};
    for (int32_t oh = first; oh < last;) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const int32_t in_line = te_conv_rows_in_line(op, in, out, oh, last);
        const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
        int8_t *const row = te_dst_row(out, oh);
        const int32_t out_w = op->out_w * in_line;
        te_conv_group group = {op->in_w * op->in_c * in_line, op->stride_w * op->in_c, op->group,
                               op->group};
        int32_t at = -op->pad_left * op->in_c;
        channels.out = row;
        for (int32_t left = out_w; left > 0; left -= group.count) {
            group.size = left > 2 ? op->group : 2;
            group.count = left < group.size ? left : group.size;
            te_conv_gather(op, in, walk, rows, group, at, padding, x);
            te_conv_channels(&channels, group.size, group.count, op->pixel_step);
            at += group.count * group.step;
            channels.out += group.count * op->pixel_step;
        }
        te_base_clamp(row, out_w * op->out_c, op->act_min, op->act_max);
        oh += in_line;
    }
}

#endif
