/* Two-dimensional convolution of int8, whose weights have a zero point, portable C. */
#include "te_conv2d_centred.h"

#include "te_requantize.h"
#include "te_window.h"

/* Sum of the products of two runs of `count` elements, each less its zero point. */
static int32_t te_centred_dot(const int8_t *in, const int8_t *weight, int32_t count,
                              int32_t in_zero_point, int32_t weight_zero_point)
{
    int32_t sum = 0;
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        sum += (in[i] - in_zero_point) * (weight[i] - weight_zero_point);
        sum += (in[i + 1] - in_zero_point) * (weight[i + 1] - weight_zero_point);
        sum += (in[i + 2] - in_zero_point) * (weight[i + 2] - weight_zero_point);
        sum += (in[i + 3] - in_zero_point) * (weight[i + 3] - weight_zero_point);
    }
    for (; i < count; i++) {
        sum += (in[i] - in_zero_point) * (weight[i] - weight_zero_point);
    }
    return sum;
}

/* Sum of one channel's products whose taps lie inside the input. `walk` stands at the first such
 * row, `column` is the first such column in bytes, `weight` is at the first such tap.
 */
static int32_t te_centred_inside(const te_conv2d_centred_params *op, te_src in, te_row_walk walk,
                                 int32_t column, const int8_t *weight, int32_t tap_rows,
                                 int32_t tap_columns)
{
    const te_conv2d_params *const conv = op->conv;
    const int32_t in_c = conv->in_c;
    int32_t sum = 0;
    for (int32_t kh = 0; kh < tap_rows; kh++) {
        const int8_t *const from = (const int8_t *)in.base + walk.offset + column;
        int32_t at = 0;
        for (int32_t kw = 0; kw < tap_columns; kw++) {
            sum += te_centred_dot(from + at, weight + kw * in_c, in_c, conv->in_zero_point,
                                  op->weight_zero_point);
            at += kw + 1 < tap_columns ? conv->dilation_w * in_c : 0;
        }
        weight += kh + 1 < tap_rows ? conv->kernel_w * in_c : 0;
        te_walk_on(&walk);
    }
    return sum;
}

/* Computes all channels of one output pixel. `walk` stands at the first row inside the input. */
static void te_centred_pixel(const te_conv2d_centred_params *op, te_src in, te_row_walk walk,
                             te_taps rows, int32_t iw, int8_t *out)
{
    const te_conv2d_params *const conv = op->conv;
    const te_taps columns = te_clip_taps(iw, conv->dilation_w, conv->kernel_w, conv->in_w);
    const int32_t tap_rows = columns.first < columns.last ? rows.last - rows.first : 0;
    const int32_t tap_columns = columns.last - columns.first;
    const int32_t column = (iw + columns.first * conv->dilation_w) * conv->in_c;
    const int32_t first_tap = (rows.first * conv->kernel_w + columns.first) * conv->in_c;
    const int8_t *weight = conv->weight;
    for (int32_t oc = 0; oc < conv->out_c; oc++) {
        int32_t sum = conv->bias[oc];
        if (tap_rows > 0) {
            sum +=
                te_centred_inside(op, in, walk, column, weight + first_tap, tap_rows, tap_columns);
        }
        sum = te_requantize(sum, conv->multiplier[oc], conv->shift[oc]) + conv->out_zero_point;
        out[oc] = (int8_t)te_clamp(sum, conv->act_min, conv->act_max);
        weight += conv->kernel_h * conv->kernel_w * conv->in_c;
    }
}

TE_SHARED void te_conv2d_s8_centred(const te_conv2d_centred_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last)
{
    const te_conv2d_params *const conv = op->conv;
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * conv->stride_h - conv->pad_top;
        const te_taps rows = te_clip_taps(ih, conv->dilation_h, conv->kernel_h, conv->in_h);
        const te_row_walk walk =
            te_walk_rows(in, ih + rows.first * conv->dilation_h, conv->dilation_h);
        int8_t *to = te_dst_row(out, oh);
        for (int32_t ow = 0; ow < conv->out_w; ow++) {
            te_centred_pixel(op, in, walk, rows, ow * conv->stride_w - conv->pad_left, to);
            to += conv->out_c;
        }
    }
}
