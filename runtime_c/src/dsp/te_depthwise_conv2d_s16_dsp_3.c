/* Depthwise convolution of int16 by 3x3 for the DSP extension.
 *
 * Windows inside the input are computed where they stand, two pixels at a time. One that reaches over
 * the left or right border is copied, with zeros for what is outside; rows above and below are zeros.
 */
#include "te_dsp_depthwise_conv2d_s16.h"

#include "te_dsp_depthwise_s16.h"
#include "te_window.h"

#define TE_TAPS 3

typedef te_depthwise_conv2d_s16_dsp_params te_params;

/* Copies the window whose first column is `iw` to `copy`, from the rows of `window`, which then stand
 * there; `zeros` is the row of what is outside.
 */
static void te_copy_window(const te_params *op, int32_t iw, const int16_t *zeros, int16_t *copy,
                           te_depthwise_window *window)
{
    const te_taps inside = te_clip_taps(iw, 1, TE_TAPS, op->in_w);
    const size_t nbytes = (size_t)op->in_c * sizeof *copy;
    const size_t count = (size_t)(inside.last - inside.first);
    __builtin_memset(copy, 0, TE_TAPS * TE_TAPS * nbytes);
    for (int32_t kh = 0; kh < TE_TAPS; kh++) {
        int16_t *const to = copy + kh * TE_TAPS * op->in_c;
        if (window->rows[kh] != zeros) {
            const int16_t *const from = window->rows[kh] + (iw + inside.first) * op->in_c;
            __builtin_memcpy(to + inside.first * op->in_c, from, count * nbytes);
        }
        window->rows[kh] = to;
    }
}

/* Computes an output row from three rows of the input, or of zeros. */
static void te_compute_row(const te_params *op, const te_depthwise_window *rows,
                           const int16_t *zeros, int16_t *copy, int16_t *out)
{
    const int32_t is_up = op->act_min == 0;
    const te_depthwise_dot one = is_up ? te_depthwise_1_s16_up : te_depthwise_1_s16;
    const te_depthwise_dot by_1 = is_up ? te_depthwise_2_by_1_s16_up : te_depthwise_2_by_1_s16;
    const te_depthwise_dot by_2 = is_up ? te_depthwise_2_by_2_s16_up : te_depthwise_2_by_2_s16;
    int32_t pixels = 0;
    for (int32_t ow = 0; ow < op->out_w; ow += pixels) {
        const int32_t iw = ow * op->stride_w - op->pad_left;
        te_depthwise_window window = *rows;
        window.out = out + ow * op->in_c;
        window.out_end = window.out + op->in_c;
        const int32_t is_pair =
            iw >= 0 && ow + 1 < op->out_w && iw + op->stride_w + TE_TAPS <= op->in_w;
        pixels = is_pair ? 2 : 1;
        if (iw < 0 || iw + TE_TAPS > op->in_w) {
            te_copy_window(op, iw, zeros, copy, &window);
        } else {
            for (int32_t kh = 0; kh < TE_TAPS; kh++) {
                window.rows[kh] += window.rows[kh] != zeros ? iw * op->in_c : 0;
            }
        }
        const te_depthwise_dot two = op->stride_w == 1 ? by_1 : by_2;
        (is_pair ? two : one)(&window);
    }
}

TE_SHARED void te_depthwise_conv2d_s16_dsp_3(const te_params *op, te_src in, te_dst out,
                                             int32_t first, int32_t last, void *scratch)
{
    int16_t *const copy = scratch;
    int16_t *const zeros = copy + TE_TAPS * TE_TAPS * op->in_c;
    const int32_t step = 2 * op->in_c;
    const int32_t is_clamped =
        op->act_max < INT16_MAX || (op->act_min != 0 && op->act_min > INT16_MIN);
    __builtin_memset(zeros, 0, (size_t)((op->stride_w + TE_TAPS) * step));
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        int16_t *const to = te_dst_row_s16(out, oh);
        te_depthwise_window rows = {op->weight, {zeros, zeros, zeros}, step, TE_TAPS * step, to,
                                    to};
        for (int32_t kh = 0; kh < TE_TAPS; kh++) {
            if (ih + kh >= 0 && ih + kh < op->in_h) {
                rows.rows[kh] = te_src_row_s16(in, ih + kh);
            }
        }
        te_compute_row(op, &rows, zeros, copy, to);
        for (int32_t i = 0; is_clamped && i < op->out_w * op->in_c; i++) {
            to[i] = (int16_t)te_clamp(to[i], op->act_min, op->act_max);
        }
    }
}
