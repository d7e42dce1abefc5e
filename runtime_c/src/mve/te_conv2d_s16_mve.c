/* Two-dimensional convolution of int16 for MVE: four channels of a pixel at a time. */
#include "te_mve_s16.h"

#include "te_mve_dot_s16.h"
#include "te_requantize.h"
#include "te_window.h"

#if TE_HAS_MVE

#include <arm_mve.h>

/* Scales and clamps four sums, of which `count` are written. */
static inline void te_put_4(const te_conv2d_s16_params *op, const int32_t *sums,
                            const int32_t *multiplier, int32_t count, int16_t *to)
{
    const mve_pred16_t lanes = vctp32q((uint32_t)count);
    int32x4_t value = vrmulhq_s32(vldrwq_s32(sums), vldrwq_z_s32(multiplier, lanes));
    value = vmaxq_s32(vminq_s32(value, vdupq_n_s32(op->act_max)), vdupq_n_s32(op->act_min));
    vstrhq_p_s32(to, value, lanes);
}

#else

static inline void te_put_4(const te_conv2d_s16_params *op, const int32_t *sums,
                            const int32_t *multiplier, int32_t count, int16_t *to)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = te_multiply_q32_rounded(sums[i], multiplier[i]);
        to[i] = (int16_t)te_clamp(value, op->act_min, op->act_max);
    }
}

#endif

/* Computes all channels of a pixel from its window, `taps` elements side by side. */
static void te_compute(const te_conv2d_s16_params *op, const int16_t *x, int32_t taps, int16_t *to)
{
    for (int32_t oc = 0; oc < op->out_c; oc += 4) {
        const int32_t count = op->out_c - oc < 4 ? op->out_c - oc : 4;
        const int8_t *weights[4];
        int32_t sums[4] = {0};
        __builtin_memcpy(sums, op->bias + oc, (size_t)count * sizeof *sums);
        te_mve_find_4(op->weight, taps, oc, op->out_c, weights);
        te_mve_dot_4_s16(x, weights, taps, sums);
        te_put_4(op, sums, op->multiplier + oc, count, to + oc);
    }
}

/* Copies the window whose first column is `iw` to `x`, with zeros for taps outside the input. `walk`
 * stands at the first row inside.
 */
static void te_gather(const te_conv2d_s16_params *op, te_src in, te_row_walk walk, te_taps rows,
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

TE_SHARED void te_conv2d_s16_mve(const te_conv2d_s16_params *op, te_src in, te_dst out,
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
            te_compute(op, x, taps, to);
            to += op->out_c;
        }
    }
}
