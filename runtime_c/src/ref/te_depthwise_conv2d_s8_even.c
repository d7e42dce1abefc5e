/* Depthwise convolution of int8, rounded to even, portable C, for every shape. */
#include "te_depthwise_conv2d_even.h"

#include "te_requantize_even.h"
#include "te_window.h"

/* Sum of one output channel's weights whose taps lie outside the input. */
static int32_t te_depthwise_outside(const te_depthwise_conv2d_params *op, const int8_t *weight,
                                    te_taps rows, te_taps columns)
{
    const int32_t out_c = op->in_c * op->channel_multiplier;
    int32_t sum = 0;
    for (int32_t kh = 0; kh < op->kernel_h; kh++) {
        const int32_t is_row_inside = kh >= rows.first && kh < rows.last;
        for (int32_t kw = 0; kw < op->kernel_w; kw++) {
            if (!is_row_inside || kw < columns.first || kw >= columns.last) {
                sum += *weight;
            }
            weight += out_c;
        }
    }
    return sum;
}

/* Sum of one output channel's products whose taps lie inside the input. `walk` stands at the first
 * such row, `column` is the first such element in bytes, `weight` is at the first such tap.
 */
static int32_t te_depthwise_inside(const te_depthwise_conv2d_params *op, te_src in,
                                   te_row_walk walk, int32_t column, const int8_t *weight,
                                   int32_t tap_rows, int32_t tap_columns)
{
    const int32_t out_c = op->in_c * op->channel_multiplier;
    const int32_t gap = op->dilation_w * op->in_c;
    int32_t sum = 0;
    for (int32_t kh = 0; kh < tap_rows; kh++) {
        const int8_t *const from = (const int8_t *)in.base + walk.offset + column;
        int32_t at = 0;
        int32_t tap = 0;
        for (int32_t kw = 0; kw < tap_columns; kw++) {
            sum += from[at] * weight[tap];
            at += gap;
            tap += out_c;
        }
        weight += kh + 1 < tap_rows ? op->kernel_w * out_c : 0;
        te_walk_on(&walk);
    }
    return sum;
}

/* Computes all channels of one output pixel. `walk` stands at the first row inside the input. */
static void te_depthwise_pixel(const te_depthwise_conv2d_params *op, te_src in, te_row_walk walk,
                               te_taps rows, int32_t iw, int8_t *out)
{
    const te_taps columns = te_clip_taps(iw, op->dilation_w, op->kernel_w, op->in_w);
    const int32_t tap_rows = columns.first < columns.last ? rows.last - rows.first : 0;
    const int32_t tap_columns = columns.last - columns.first;
    const int32_t is_clipped = tap_rows < op->kernel_h || tap_columns < op->kernel_w;
    const int32_t column = (iw + columns.first * op->dilation_w) * op->in_c;
    const int32_t out_c = op->in_c * op->channel_multiplier;
    const int32_t first_tap = (rows.first * op->kernel_w + columns.first) * out_c;
    int32_t oc = 0;
    for (int32_t ic = 0; ic < op->in_c; ic++) {
        for (int32_t m = 0; m < op->channel_multiplier; m++) {
            int32_t sum = op->bias[oc];
            if (tap_rows > 0) {
                sum += te_depthwise_inside(op, in, walk, column + ic, op->weight + first_tap + oc,
                                           tap_rows, tap_columns);
            }
            if (is_clipped) {
                sum += op->in_zero_point * te_depthwise_outside(op, op->weight + oc, rows, columns);
            }
            sum = te_requantize_even(sum, op->multiplier[oc], op->shift[oc]) + op->out_zero_point;
            out[oc] = (int8_t)te_clamp(sum, op->act_min, op->act_max);
            oc++;
        }
    }
}

void te_depthwise_conv2d_s8_even(const te_depthwise_conv2d_params *op, te_src in, te_dst out,
                                 int32_t first, int32_t last)
{
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
        int8_t *to = te_dst_row(out, oh);
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            te_depthwise_pixel(op, in, walk, rows, ow * op->stride_w - op->pad_left, to);
            to += op->in_c * op->channel_multiplier;
        }
    }
}
