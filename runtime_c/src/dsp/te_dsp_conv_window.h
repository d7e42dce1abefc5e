/* Convolution for the DSP extension: a group of pixels, from its windows to all of its channels. */
#ifndef TE_DSP_CONV_WINDOW_H
#define TE_DSP_CONV_WINDOW_H

#include <stddef.h>

#include "te_dsp_conv.h"
#include "te_window.h"

/* Copies those of `count` taps that are inside the input from its row `row` to `run`, where they have
 * their places side by side. Column `iw` is the first tap's. Taps that stand side by side are copied
 * at once.
 */
static inline void te_conv_copy(const te_conv2d_dsp_params *op, const int8_t *row, int32_t iw,
                                int32_t count, int8_t *run)
{
    const te_taps inside = te_clip_taps(iw, op->dilation_w, count, op->in_w);
    const int32_t taps = op->dilation_w == 1 ? inside.last - inside.first : 1;
    const size_t nbytes = (size_t)(taps * op->in_c);
    for (int32_t kw = inside.first; kw < inside.last; kw += taps) {
        const int8_t *const from = row + (iw + kw * op->dilation_w) * op->in_c;
        __builtin_memcpy(run + kw * op->in_c, from, nbytes);
    }
}

/* Expands the windows of `group` pixels from output column `ow` on. `walk` stands at the first
 * kernel row inside the input. `runs` has place for a kernel row's taps of every pixel: windows that
 * are not inside are copied there, at once if they leave nothing out, in a place that has padding
 * around them.
 */
static inline void te_conv_gather(const te_conv2d_dsp_params *op, te_src in, te_row_walk walk,
                                  te_taps rows, int32_t ow, int32_t group, int32_t *x, int8_t *runs)
{
    const int32_t in_c = op->in_c;
    const int32_t stride_w = op->stride_w;
    const int32_t kernel_h = op->kernel_h;
    const int32_t count = op->kernel_w * in_c;
    const int32_t iw = ow * stride_w - op->pad_left;
    const int32_t reach = (group - 1) * stride_w + op->kernel_w;
    const int32_t is_inside = iw >= 0 && iw + reach <= op->in_w && op->dilation_w == 1;
    const int32_t is_whole = is_inside || (op->dilation_w == 1 && stride_w <= op->kernel_w);
    const int32_t step = is_whole ? stride_w * in_c : count;
    if (!is_inside) {
        __builtin_memset(runs, op->in_zero_point, (size_t)(group * count));
    }
    x = te_conv_fill(x, rows.first * te_conv_run_pairs(count) * group, op->in_zero_point);
    for (int32_t kh = rows.first; kh < rows.last; kh++) {
        const int8_t *from = (const int8_t *)in.base + walk.offset;
        if (is_inside) {
            from += iw * in_c;
        } else if (is_whole) {
            te_conv_copy(op, from, iw, reach, runs);
            from = runs;
        } else {
            for (int32_t pixel = 0; pixel < group; pixel++) {
                te_conv_copy(op, from, iw + pixel * stride_w, op->kernel_w, runs + pixel * count);
            }
            from = runs;
        }
        x = count == 9 && group == 4 ? te_conv_expand_9(x, from, step)
                                     : te_conv_expand(x, group, from, step, count);
        te_walk_on(&walk);
    }
    const int32_t below = kernel_h - rows.last;
    (void)te_conv_fill(x, below * te_conv_run_pairs(count) * group, op->in_zero_point);
}

/* Tells whether windows are one tap that never lies outside the input. */
static inline int32_t te_conv_is_point(const te_conv2d_dsp_params *op)
{
    const int32_t right = (op->out_w - 1) * op->stride_w;
    return op->kernel_h == 1 && op->kernel_w == 1 && op->pad_left == 0 && right < op->in_w &&
           op->pad_top == 0;
}

/* Tells whether rows [first, last) of a point stand side by side as pixels, in and, where
 * `are_pixels`, out: then they are one long row, whose groups end where rows do not.
 */
static inline int32_t te_conv_is_one_row(const te_conv2d_dsp_params *op, te_src in, te_dst out,
                                         int32_t first, int32_t last, int32_t are_pixels)
{
    const int32_t rows = last - first;
    return rows > 1 && te_conv_is_point(op) && op->stride_h == 1 && op->stride_w == 1 &&
           op->in_w == op->out_w && (!are_pixels || op->pixel_step == op->out_c) &&
           in.row_bytes == op->in_w * op->in_c && out.row_bytes == op->out_w * op->out_c &&
           te_ring_index(first, in.rows) + rows <= in.rows &&
           te_ring_index(first, out.rows) + rows <= out.rows;
}

/* Computes the channels that records leave over. A record of two has the last one twice. One of four has
 * the last four of all channels, or, where there are fewer, some twice: 0, 0, 0, 0 of one, 0, 1, 0, 1
 * of two and 0, 1, 1, 2 of three.
 */
TE_NOINLINE static void te_conv_last(const te_conv2d_dsp_params *op, const te_conv_block *whole,
                                     te_conv_dot dot, int32_t are_fours)
{
    te_conv_block block = *whole;
    block.weight = whole->weight_end;
    block.weight_end = op->weight + op->words;
    if (!are_fours) {
        block.out += (op->out_c - 1) * block.channel_step;
        block.channel_step = 0;
    } else if (op->out_c >= 4) {
        block.out += (op->out_c - 4) * block.channel_step;
    } else {
        block.pair_step = op->out_c == 3 ? block.channel_step : 0;
        block.channel_step = op->out_c == 1 ? 0 : block.channel_step;
    }
    dot(&block);
}

/* Computes all channels of a group of pixels from their expanded windows. */
static inline void te_conv_channels(const te_conv2d_dsp_params *op, te_conv_dot dot,
                                    int32_t are_fours, const te_conv_block *block)
{
    if (op->even_words > 0) {
        dot(block);
    }
    if (op->words != op->even_words) {
        te_conv_last(op, block, dot, are_fours);
    }
}

/* Finds where the outputs of `group` pixels from `pixel` on go, of rows of which the first is at `to`.
 */
TE_NOINLINE static void te_conv_find(const te_conv2d_dsp_params *op, int8_t *to, int32_t row_bytes,
                                     int32_t pixel, int32_t group, te_conv_block *block)
{
    const int32_t row = pixel / op->out_w;
    const int32_t first = pixel - row * op->out_w;
    int32_t steps[4] = {0, 0, 0, 0};
    int32_t step = 0;
    int32_t left = op->out_w - first;
    for (int32_t i = 1; i < group; i++) {
        step += op->pixel_step;
        left--;
        if (left == 0) {
            left = op->out_w;
            step += row_bytes - left * op->pixel_step;
        }
        steps[i] = step;
    }
    block->out = to + row * row_bytes + first * op->pixel_step;
    block->pixel_step = steps[1];
    block->pixel_step_2 = steps[2];
    block->pixel_step_3 = steps[3];
}

#endif
