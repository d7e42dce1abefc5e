/* The loops of convolutions of int16. A file that includes this has defined
 *
 *     TE_SUM            the type of sums
 *     TE_BIAS(op)       the biases
 *     TE_SCALED(op, sum, oc)  the sum of channel oc in the output's scale
 */
#ifndef TE_CONV2D_S16_ROWS_H
#define TE_CONV2D_S16_ROWS_H

#include "te_conv2d_s16.h"
#include "te_requantize.h"
#include "te_window.h"

/* Adds the products of two runs of `count` elements to `sum`. */
static inline TE_SUM te_dot(TE_SUM sum, const int16_t *in, const int8_t *weight, int32_t count)
{
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        sum += in[i] * weight[i];
        sum += in[i + 1] * weight[i + 1];
        sum += in[i + 2] * weight[i + 2];
        sum += in[i + 3] * weight[i + 3];
    }
    for (; i < count; i++) {
        sum += in[i] * weight[i];
    }
    return sum;
}

/* Adds one channel's products whose taps lie inside the input to `sum`. `walk` stands at the first
 * such row, `column` is the first such column in elements, `weight` is at the first such tap. Taps
 * that stand side by side are one run.
 */
static inline TE_SUM te_taps_inside(const te_conv2d_s16_params *op, TE_SUM sum, te_src in,
                                    te_row_walk walk, int32_t column, const int8_t *weight,
                                    int32_t tap_rows, int32_t tap_columns)
{
    const int32_t runs = op->dilation_w == 1 ? 1 : tap_columns;
    const int32_t run = op->dilation_w == 1 ? tap_columns * op->in_c : op->in_c;
    const int32_t gap = op->dilation_w * op->in_c;
    for (int32_t kh = 0; kh < tap_rows; kh++) {
        const int16_t *from = te_walk_row_s16(in, walk) + column;
        const int8_t *taps = weight;
        for (int32_t i = 0; i < runs; i++) {
            sum = te_dot(sum, from, taps, run);
            taps += run;
            from += i + 1 < runs ? gap : 0;
        }
        weight += kh + 1 < tap_rows ? op->kernel_w * op->in_c : 0;
        te_walk_on(&walk);
    }
    return sum;
}

/* Computes all channels of one output pixel. `walk` stands at the first row inside the input. */
static inline void te_pixel(const te_conv2d_s16_params *op, te_src in, te_row_walk walk,
                            te_taps rows, int32_t iw, int16_t *out)
{
    const te_taps columns = te_clip_taps(iw, op->dilation_w, op->kernel_w, op->in_w);
    const int32_t tap_rows = columns.first < columns.last ? rows.last - rows.first : 0;
    const int32_t tap_columns = columns.last - columns.first;
    const int32_t column = (iw + columns.first * op->dilation_w) * op->in_c;
    const int32_t first_tap = (rows.first * op->kernel_w + columns.first) * op->in_c;
    const int32_t channel_taps = op->kernel_h * op->kernel_w * op->in_c;
    const int8_t *weight = op->weight;
    for (int32_t oc = 0; oc < op->out_c; oc++) {
        TE_SUM sum = TE_BIAS(op)[oc];
        if (tap_rows > 0) {
            sum = te_taps_inside(op, sum, in, walk, column, weight + first_tap, tap_rows,
                                 tap_columns);
        }
        out[oc] = (int16_t)te_clamp(TE_SCALED(op, sum, oc), op->act_min, op->act_max);
        weight += channel_taps;
    }
}

/* Computes output rows [first, last). */
static inline void te_conv2d_s16_rows(const te_conv2d_s16_params *op, te_src in, te_dst out,
                                      int32_t first, int32_t last)
{
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
        int16_t *to = te_dst_row_s16(out, oh);
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            te_pixel(op, in, walk, rows, ow * op->stride_w - op->pad_left, to);
            to += op->out_c;
        }
    }
}

#endif
