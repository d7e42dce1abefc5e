/* Depthwise convolution in plain C: four outputs of a channel at a time.
 *
 * Kernel width and stride are constant arguments, so that all that is said here in arrays and
 * conditions becomes registers and straight code. An element of the input is loaded once for the
 * outputs of a group that see it. TE_BASE_OUTPUT, defined before, is te_base_output or
 * te_base_output_once.
 */
#ifndef TE_BASE_DEPTHWISE_H
#define TE_BASE_DEPTHWISE_H

#include "te_base.h"
#include "te_base_depthwise_conv2d.h"
#include "te_window.h"

#include <stddef.h>

/* One output channel of one row. */
typedef struct {
    const int8_t *from;   /* what the first output sees, [rows, width] */
    const int8_t *weight; /* [rows, kernel_w] */
    int32_t rows;         /* kernel rows inside the input */
    int32_t width;
    int32_t bias; /* with the kernel rows outside the input */
    te_base_factors factors;
} te_depthwise_channel;

/* Adds element `x`, the `j`th that a group sees in a row, to the sums of the outputs that see it. */
static inline void te_depthwise_add(int32_t sums[4], const int32_t weights[7], int32_t x,
                                    const int32_t j, const int32_t kernel_w, const int32_t stride)
{
    if (j < kernel_w) {
        sums[0] += x * weights[j];
    }
    if (j >= stride && j < stride + kernel_w) {
        sums[1] += x * weights[j - stride];
    }
    if (j >= 2 * stride && j < 2 * stride + kernel_w) {
        sums[2] += x * weights[j - 2 * stride];
    }
    if (j >= 3 * stride && j < 3 * stride + kernel_w) {
        sums[3] += x * weights[j - 3 * stride];
    }
}

/* Adds what a group sees in one row. */
static inline void te_depthwise_add_row(int32_t sums[4], const int8_t *weight, const int8_t *from,
                                        const int32_t kernel_w, const int32_t stride)
{
    int32_t weights[7];
    weights[0] = weight[0];
    weights[1] = weight[1];
    weights[2] = weight[2];
    weights[3] = kernel_w > 3 ? weight[3] : 0;
    weights[4] = kernel_w > 3 ? weight[4] : 0;
    weights[5] = kernel_w > 5 ? weight[5] : 0;
    weights[6] = kernel_w > 5 ? weight[6] : 0;
#define TE_DEPTHWISE_NEXT(j)                                                                       \
    if ((j) < 3 * stride + kernel_w) {                                                             \
        te_depthwise_add(sums, weights, from[j], j, kernel_w, stride);                             \
    }
    TE_DEPTHWISE_NEXT(0)
    TE_DEPTHWISE_NEXT(1)
    TE_DEPTHWISE_NEXT(2)
    TE_DEPTHWISE_NEXT(3)
    TE_DEPTHWISE_NEXT(4)
    TE_DEPTHWISE_NEXT(5)
    TE_DEPTHWISE_NEXT(6)
    TE_DEPTHWISE_NEXT(7)
    TE_DEPTHWISE_NEXT(8)
    TE_DEPTHWISE_NEXT(9)
    TE_DEPTHWISE_NEXT(10)
    TE_DEPTHWISE_NEXT(11)
    TE_DEPTHWISE_NEXT(12)
#undef TE_DEPTHWISE_NEXT
}

/* Writes `groups` times four outputs, `step` bytes apart. */
static inline void te_depthwise_groups(const te_depthwise_channel *channel, int32_t groups,
                                       int8_t *out, int32_t step, const int32_t kernel_w,
                                       const int32_t stride)
{
    const te_base_factors factors = channel->factors;
    const int32_t width = channel->width;
    const int8_t *from = channel->from;
    for (; groups > 0; groups--) {
        const int8_t *row = from;
        const int8_t *weight = channel->weight;
        const int8_t *const end = weight + channel->rows * kernel_w;
        int32_t sums[4] = {channel->bias, channel->bias, channel->bias, channel->bias};
        while (weight < end) {
            te_depthwise_add_row(sums, weight, row, kernel_w, stride);
            weight += kernel_w;
            row += width;
        }
        from += 4 * stride;
        out[0] = TE_BASE_OUTPUT(sums[0], factors);
        out[step] = TE_BASE_OUTPUT(sums[1], factors);
        out += 2 * step;
        out[0] = TE_BASE_OUTPUT(sums[2], factors);
        out[step] = TE_BASE_OUTPUT(sums[3], factors);
        out += 2 * step;
    }
}

/* Does that for one kernel width and stride. */
typedef void (*te_depthwise_fn)(const te_depthwise_channel *channel, int32_t groups, int8_t *out,
                                int32_t step);

/* Writes `count` outputs: groups of four, and the rest by way of a group beside the output. */
static inline void te_depthwise_run(te_depthwise_channel channel, int32_t count, int8_t *out,
                                    int32_t step, const int32_t stride, te_depthwise_fn groups)
{
    const int32_t whole = count / 4;
    const int32_t rest = count % 4;
    groups(&channel, whole, out, step);
    if (rest > 0) {
        int8_t last[4];
        channel.from += 4 * stride * whole;
        out += 4 * step * whole;
        groups(&channel, 1, last, 1);
        for (int32_t i = 0; i < rest; i++) {
            *out = last[i];
            out += step;
        }
    }
}

/* Copies `count` elements of a channel, `step` apart. */
static inline void te_depthwise_copy(const int8_t *from, int32_t step, int8_t *to, int32_t count)
{
    const int8_t *const end = to + count;
    while (to + 4 <= end) {
        to[0] = from[0];
        to[1] = from[step];
        from += 2 * step;
        to[2] = from[0];
        to[3] = from[step];
        from += 2 * step;
        to += 4;
    }
    while (to < end) {
        *to++ = *from;
        from += step;
    }
}

/* Sum of `count` weights. */
static inline int32_t te_depthwise_sum(const int8_t *weight, int32_t count)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += weight[i];
    }
    return sum;
}

/* Computes one output row, whose kernel rows `rows` are inside the input. `padded` has place for
 * as many rows of op->width, with padding where no input is.
 */
static inline void te_depthwise_row(const te_depthwise_conv2d_base_params *op, te_src in,
                                    te_row_walk walk, te_taps rows, int8_t *out, int8_t *padded,
                                    const int32_t kernel_w, const int32_t stride,
                                    te_depthwise_fn groups)
{
    const int32_t taps = op->kernel_h * kernel_w;
    const int32_t above = rows.first * kernel_w;
    const int32_t below = (op->kernel_h - rows.last) * kernel_w;
    const int32_t room = op->width - op->pad_left;
    const int32_t count = room < op->in_w ? room : op->in_w;
    const int8_t *weight = op->weight;
    te_depthwise_channel channel = {padded, 0, rows.last - rows.first, op->width, 0, {0, 0, 0}};
    int32_t left = 0;
    int32_t at = 0;
    for (int32_t oc = 0; oc < op->out_c; oc++) {
        if (left == 0) {
            te_row_walk row = walk;
            for (int32_t kh = 0; kh < channel.rows; kh++) {
                te_depthwise_copy((const int8_t *)in.base + row.offset + at, op->in_pixel_step,
                                  padded + kh * op->width + op->pad_left, count);
                te_walk_on(&row);
            }
            left = op->channel_multiplier;
            at += op->in_channel_step;
        }
        const int32_t outside =
            te_depthwise_sum(weight, above) + te_depthwise_sum(weight + taps - below, below);
        channel.weight = weight + above;
        channel.bias = op->bias[oc] + op->in_zero_point * outside;
        channel.factors = te_base_fold(op->multiplier[oc], op->shift[oc], op->out_zero_point);
        te_depthwise_run(channel, op->out_w, out, op->out_pixel_step, stride, groups);
        out += op->out_channel_step;
        weight += taps;
        left--;
    }
}

/* Computes output rows [first, last). */
static inline void te_depthwise_rows(const te_depthwise_conv2d_base_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, int8_t *padded,
                                     const int32_t kernel_w, const int32_t stride,
                                     te_depthwise_fn groups)
{
    __builtin_memset(padded, op->in_zero_point, (size_t)(op->kernel_h * op->width));
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, 1, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first, 1);
        int8_t *const row = te_dst_row(out, oh);
        te_depthwise_row(op, in, walk, rows, row, padded, kernel_w, stride, groups);
        te_base_clamp(row, op->out_w * op->out_c, op->act_min, op->act_max);
    }
}

#endif
