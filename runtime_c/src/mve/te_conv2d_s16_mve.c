/* Two-dimensional convolution of int16 for MVE: four channels of a pixel at a time. */
#include "te_mve_s16.h"

#include "te_mve_quads_s16.h"
#include "te_window.h"

/* Copies the window whose first column is `iw` to `x`, with zeros for taps outside the input. `walk`
 * stands at the first row inside.
 */
static void te_gather(const te_conv2d_s16_mve_params *op, te_src in, te_row_walk walk, te_taps rows,
                      int32_t iw, int16_t *x)
{
    const te_taps inside = te_clip_taps(iw, op->dilation_w, op->kernel_w, op->in_w);
    const int32_t run = op->dilation_w == 1 ? inside.last - inside.first : 1;
    const int32_t row = op->kernel_w * op->in_c;
    if (rows.last - rows.first < op->kernel_h || inside.last - inside.first < op->kernel_w) {
        te_mve_fill((int8_t *)x, 0, 2 * op->kernel_h * row);
    }
    for (int32_t kh = rows.first; kh < rows.last; kh++) {
        const int16_t *const from = te_walk_row_s16(in, walk);
        for (int32_t kw = inside.first; kw < inside.last; kw += run) {
            te_mve_copy((int8_t *)(x + kh * row + kw * op->in_c),
                        (const int8_t *)(from + (iw + kw * op->dilation_w) * op->in_c),
                        2 * run * op->in_c);
        }
        te_walk_on(&walk);
    }
}

TE_SHARED void te_conv2d_s16_mve(const te_conv2d_s16_mve_params *op, te_src in, te_dst out,
                                 int32_t first, int32_t last, void *scratch)
{
    const int32_t taps = op->kernel_h * op->kernel_w * op->in_c;
    const int32_t is_run = op->kernel_h == 1 && (op->kernel_w == 1 || op->dilation_w == 1);
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
        int16_t *to = te_dst_row_s16(out, oh);
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            const int32_t iw = ow * op->stride_w - op->pad_left;
            const int16_t *x = scratch;
            if (is_run && rows.first < rows.last && iw >= 0 && iw + op->kernel_w <= op->in_w) {
                x = te_walk_row_s16(in, walk) + iw * op->in_c;
            } else {
                te_gather(op, in, walk, rows, iw, scratch);
            }
            te_mve_quads(x, op->weight, taps, op->out_c, op->act_min, op->act_max, to);
            to += op->out_c;
        }
    }
}
