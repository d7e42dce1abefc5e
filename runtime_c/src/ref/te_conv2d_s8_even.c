/* Two-dimensional convolution of int8, rounded to even, portable C, for every shape. */
#include "te_conv2d_even.h"

#include "te_requantize_even.h"
#include "te_window.h"

/* Sum of the products of two runs of `count` elements. */
static int32_t te_conv2d_dot(const int8_t *in, const int8_t *weight, int32_t count)
{
    int32_t sum = 0;
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

/* Sum of a run of `count` weights. */
static int32_t te_conv2d_sum(const int8_t *weight, int32_t count)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += weight[i];
    }
    return sum;
}

/* Sum of one channel's weights whose taps lie outside the input. */
static int32_t te_conv2d_outside(const te_conv2d_params *op, const int8_t *weight, te_taps rows,
                                 te_taps columns)
{
    const int32_t row_count = op->kernel_w * op->in_c;
    int32_t sum = 0;
    for (int32_t kh = 0; kh < op->kernel_h; kh++) {
        if (kh < rows.first || kh >= rows.last) {
            sum += te_conv2d_sum(weight, row_count);
        } else {
            const int32_t after = columns.last * op->in_c;
            sum += te_conv2d_sum(weight, columns.first * op->in_c);
            sum += te_conv2d_sum(weight + after, row_count - after);
        }
        weight += row_count;
    }
    return sum;
}

/* Sum of one channel's products whose taps lie inside the input. `walk` stands at the first such
 * row, `column` is the first such column in bytes, `weight` is at the first such tap. Taps that
 * stand side by side are one run.
 */
static int32_t te_conv2d_inside(const te_conv2d_params *op, te_src in, te_row_walk walk,
                                int32_t column, const int8_t *weight, int32_t tap_rows,
                                int32_t tap_columns)
{
    const int32_t runs = op->dilation_w == 1 ? 1 : tap_columns;
    const int32_t run = op->dilation_w == 1 ? tap_columns * op->in_c : op->in_c;
    const int32_t gap = op->dilation_w * op->in_c;
    int32_t sum = 0;
    for (int32_t kh = 0; kh < tap_rows; kh++) {
        const int8_t *from = (const int8_t *)in.base + walk.offset + column;
        const int8_t *taps = weight;
        for (int32_t i = 0; i < runs; i++) {
            sum += te_conv2d_dot(from, taps, run);
            taps += run;
            from += i + 1 < runs ? gap : 0;
        }
        weight += op->kernel_w * op->in_c;
        te_walk_on(&walk);
    }
    return sum;
}

/* Computes all channels of one output pixel. `walk` stands at the first row inside the input. */
static void te_conv2d_pixel(const te_conv2d_params *op, te_src in, te_row_walk walk, te_taps rows,
                            int32_t iw, int8_t *out)
{
    const te_taps columns = te_clip_taps(iw, op->dilation_w, op->kernel_w, op->in_w);
    const int32_t tap_rows = columns.first < columns.last ? rows.last - rows.first : 0;
    const int32_t tap_columns = columns.last - columns.first;
    const int32_t is_clipped = tap_rows < op->kernel_h || tap_columns < op->kernel_w;
    const int32_t column = (iw + columns.first * op->dilation_w) * op->in_c;
    const int32_t first_tap = (rows.first * op->kernel_w + columns.first) * op->in_c;
    const int32_t channel_taps = op->kernel_h * op->kernel_w * op->in_c;
    const int8_t *weight = op->weight;
    for (int32_t oc = 0; oc < op->out_c; oc++) {
        int32_t sum = op->bias[oc];
        if (tap_rows > 0) {
            sum +=
                te_conv2d_inside(op, in, walk, column, weight + first_tap, tap_rows, tap_columns);
        }
        if (is_clipped) {
            sum += op->in_zero_point * te_conv2d_outside(op, weight, rows, columns);
        }
        sum = te_requantize_even(sum, op->multiplier[oc], op->shift[oc]) + op->out_zero_point;
        out[oc] = (int8_t)te_clamp(sum, op->act_min, op->act_max);
        weight += channel_taps;
    }
}

void te_conv2d_s8_even(const te_conv2d_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last)
{
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
        int8_t *to = te_dst_row(out, oh);
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            te_conv2d_pixel(op, in, walk, rows, ow * op->stride_w - op->pad_left, to);
            to += op->out_c;
        }
    }
}
