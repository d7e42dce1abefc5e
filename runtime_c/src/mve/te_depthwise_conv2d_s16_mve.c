/* Depthwise convolution of int16 for MVE: eight channels of a pixel at a time. */
#include "te_mve_s16.h"

#include "te_mve.h"
#include "te_requantize.h"
#include "te_window.h"

#define TE_LANES 8

/* The taps of a window that lie inside the input. */
typedef struct {
    te_row_walk walk;     /* at the first row */
    int32_t column;       /* the first element of that row */
    const int8_t *weight; /* of the first tap */
    int32_t rows;         /* of taps */
    int32_t columns;      /* of taps */
} te_inside;

#if TE_HAS_MVE

#include <arm_mve.h>

/* Computes `count` channels of a pixel from `channel` on. */
static void te_eight(const te_depthwise_conv2d_s16_params *op, te_src in, te_inside taps,
                     int32_t channel, int32_t count, int16_t *to)
{
    const mve_pred16_t lanes = vctp16q((uint32_t)count);
    const int32_t gap = op->dilation_w * op->in_c;
    int32x4x2_t sums = vld2q_s32(op->bias + channel);
    const int8_t *weight = taps.weight + channel;
    for (int32_t kh = 0; kh < taps.rows; kh++) {
        const int16_t *from = te_walk_row_s16(in, taps.walk) + taps.column + channel;
        const int8_t *tap = weight;
        for (int32_t kw = 0; kw < taps.columns; kw++) {
            const int16x8_t x = vldrhq_z_s16(from, lanes);
            const int16x8_t w = vldrbq_z_s16(tap, lanes);
            sums.val[0] = vaddq_s32(sums.val[0], vmullbq_int_s16(x, w));
            sums.val[1] = vaddq_s32(sums.val[1], vmulltq_int_s16(x, w));
            from += gap;
            tap += op->in_c;
        }
        weight += op->kernel_w * op->in_c;
        te_walk_on(&taps.walk);
    }
    const int32x4x2_t factors = vld2q_s32(op->multiplier + channel);
    int16x8_t value = vdupq_n_s16(0);
    value = vqmovnbq_s32(value, vrmulhq_s32(sums.val[0], factors.val[0]));
    value = vqmovntq_s32(value, vrmulhq_s32(sums.val[1], factors.val[1]));
    value = vminq_s16(value, vdupq_n_s16((int16_t)op->act_max));
    vstrhq_p_s16(to + channel, vmaxq_s16(value, vdupq_n_s16((int16_t)op->act_min)), lanes);
}

#else

static void te_eight(const te_depthwise_conv2d_s16_params *op, te_src in, te_inside taps,
                     int32_t channel, int32_t count, int16_t *to)
{
    const int32_t gap = op->dilation_w * op->in_c;
    for (int32_t c = channel; c < channel + count; c++) {
        te_row_walk walk = taps.walk;
        int32_t sum = op->bias[c];
        for (int32_t kh = 0; kh < taps.rows; kh++) {
            const int16_t *const from = te_walk_row_s16(in, walk) + taps.column + c;
            const int8_t *const weight = taps.weight + kh * op->kernel_w * op->in_c + c;
            for (int32_t kw = 0; kw < taps.columns; kw++) {
                sum += from[kw * gap] * weight[kw * op->in_c];
            }
            te_walk_on(&walk);
        }
        const int32_t value = te_multiply_q32_rounded(sum, op->multiplier[c]);
        to[c] = (int16_t)te_clamp(value, op->act_min, op->act_max);
    }
}

#endif

TE_SHARED void te_depthwise_conv2d_s16_mve(const te_depthwise_conv2d_s16_params *op, te_src in,
                                           te_dst out, int32_t first, int32_t last)
{
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
        int16_t *to = te_dst_row_s16(out, oh);
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            const int32_t iw = ow * op->stride_w - op->pad_left;
            const te_taps columns = te_clip_taps(iw, op->dilation_w, op->kernel_w, op->in_w);
            const int32_t first_tap = (rows.first * op->kernel_w + columns.first) * op->in_c;
            const int32_t is_there = columns.first < columns.last;
            const te_inside inside = {walk, (iw + columns.first * op->dilation_w) * op->in_c,
                                      op->weight + first_tap, is_there ? rows.last - rows.first : 0,
                                      columns.last - columns.first};
            for (int32_t channel = 0; channel < op->in_c; channel += TE_LANES) {
                const int32_t left = op->in_c - channel;
                te_eight(op, in, inside, channel, left < TE_LANES ? left : TE_LANES, to);
            }
            to += op->in_c;
        }
    }
}
