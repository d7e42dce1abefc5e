/* Two-dimensional convolution of int8 for cores without DSP: two pixels in a multiplication. */
#include "te_base_conv2d.h"

#include "te_base.h"
#include "te_window.h"

#include <string.h>

/* Expands `count` taps of a group of pixels, `pixel_step` apart, each `tap_step` from tap to tap.
 * Gives the place behind them.
 */
static int32_t *te_conv_expand(int32_t *x, const int8_t *from, int32_t group, int32_t pixel_step,
                               int32_t tap_step, int32_t count)
{
    const int8_t *second = from + pixel_step;
    if (group == 2) {
        for (int32_t i = 0; i < count; i++) {
            *x++ = *from + *second * 65536;
            from += tap_step;
            second += tap_step;
        }
        return x;
    }
    const int8_t *third = second + pixel_step;
    const int8_t *fourth = third + pixel_step;
    for (int32_t i = 0; i < count; i++) {
        x[0] = *from + *second * 65536;
        x[1] = *third + *fourth * 65536;
        x += 2;
        from += tap_step;
        second += tap_step;
        third += tap_step;
        fourth += tap_step;
    }
    return x;
}

/* Copies the taps of one kernel row of a pixel from `row` to every `group`th byte of `to`, with
 * padding for those outside. Column `iw` is the first tap's.
 */
static void te_conv_copy(const te_conv2d_base_params *op, const int8_t *row, int32_t iw, int8_t *to,
                         int32_t group)
{
    for (int32_t kw = 0; kw < op->kernel_w; kw++) {
        const int32_t is_inside = iw >= 0 && iw < op->in_w;
        for (int32_t ic = 0; ic < op->in_c; ic++) {
            *to = (int8_t)(is_inside ? row[iw * op->in_c + ic] : op->in_zero_point);
            to += group;
        }
        iw += op->dilation_w;
    }
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

/* Expands the windows of `group` pixels from output column `ow` on; the last `missing` ones, which
 * are beyond the output, repeat the first. `walk` stands at the first kernel row inside the input.
 */
static void te_conv_gather(const te_conv2d_base_params *op, te_src in, te_row_walk walk,
                           te_taps rows, int32_t ow, int32_t group, int32_t missing, int32_t *x)
{
    const int32_t count = op->kernel_w * op->in_c;
    const int32_t iw = ow * op->stride_w - op->pad_left;
    const int32_t reach = (group - 1) * op->stride_w + op->kernel_w;
    const int32_t is_inside = iw >= 0 && iw + reach <= op->in_w && op->dilation_w == 1;
    x = te_conv_fill(op, x, group, rows.first);
    for (int32_t kh = rows.first; kh < rows.last; kh++) {
        const int8_t *const row = in.base + walk.offset;
        if (is_inside && missing == 0) {
            x = te_conv_expand(x, row + iw * op->in_c, group, op->stride_w * op->in_c, 1, count);
        } else {
            /* The bytes stand in the last half of the words that they become. */
            int8_t *const bytes = (int8_t *)x + group * count;
            for (int32_t pixel = 0; pixel < group; pixel++) {
                const int32_t column = pixel < group - missing ? pixel * op->stride_w : 0;
                te_conv_copy(op, row, iw + column, bytes + pixel, group);
            }
            x = te_conv_expand(x, bytes, group, 1, group, count);
        }
        te_walk_on(&walk);
    }
    (void)te_conv_fill(op, x, group, op->kernel_h - rows.last);
}

/* Writes the outputs of `count` channels and `pixels` of a group's pixels. */
static void te_conv_write(const te_conv2d_base_params *op, const int32_t *channel, int32_t count,
                          const int32_t *sums, int32_t group, int32_t pixels, int8_t *out)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t multiplier = channel[TE_BASE_MULTIPLIER];
        const int32_t offset = channel[TE_BASE_OFFSET];
        const int32_t shift = channel[TE_BASE_SHAPE] & 255;
        int8_t *to = out;
        for (int32_t pixel = 0; pixel < pixels; pixel++) {
            *to = te_base_output(sums[pixel], multiplier, offset, shift, op->is_signed);
            to += op->pixel_step;
        }
        channel += TE_BASE_WORDS;
        sums += group;
        out += op->channel_step;
    }
}

/* Computes all channels of `pixels` pixels, whose group is expanded in `x`. */
static void te_conv_channels(const te_conv2d_base_params *op, const int32_t *x, int32_t group,
                             int32_t pixels, int8_t *out)
{
    int32_t sums[TE_BASE_CHANNELS * 4];
    const int32_t *const end = op->channel + op->out_c * TE_BASE_WORDS;
    const int32_t words = op->kernel_h * op->kernel_w * op->in_c * group / 2;
    int32_t left = op->out_c;
    te_base_block block = {op->weight, op->channel, end, x, x + words, sums};
    while (block.channel < end) {
        const int32_t *const channel = block.channel;
        const int32_t count = left < TE_BASE_CHANNELS ? left : TE_BASE_CHANNELS;
        block.sums = sums;
        block.channel_end = channel + count * TE_BASE_WORDS;
        if (group == 4) {
            te_base_dot_4(&block);
        } else {
            te_base_dot_2(&block);
        }
        te_conv_write(op, channel, count, sums, group, pixels, out);
        out += count * op->channel_step;
        left -= count;
    }
}

void te_conv2d_s8_base(const te_conv2d_base_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last, void *scratch)
{
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
        int8_t *const row = te_dst_row(out, oh);
        for (int32_t ow = 0; ow < op->out_w;) {
            const int32_t left = op->out_w - ow;
            const int32_t group = left > 2 ? op->group : 2;
            const int32_t pixels = left < group ? left : group;
            te_conv_gather(op, in, walk, rows, ow, group, group - pixels, scratch);
            te_conv_channels(op, scratch, group, pixels, row + ow * op->pixel_step);
            ow += pixels;
        }
        te_base_clamp(row, op->out_w * op->out_c, op->act_min, op->act_max);
    }
}
