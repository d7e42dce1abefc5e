/* Depthwise convolution of int16 by 3x3 for the DSP extension. */
#ifndef TE_DSP_DEPTHWISE_CONV2D_S16_H
#define TE_DSP_DEPTHWISE_CONV2D_S16_H

#include "te_rows.h"

typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t in_c; /* even */
    int32_t out_w;
    int32_t stride_h;
    int32_t stride_w;      /* 1 or 2 */
    int32_t pad_top;       /* rows of padding above the input */
    int32_t pad_left;      /* columns of padding left of the input */
    int32_t act_min;       /* in [-32768, act_max] */
    int32_t act_max;       /* in [act_min, 32767] */
    const int32_t *weight; /* in_c / 2 records, see te_dsp_depthwise_s16.h */
} te_depthwise_conv2d_s16_dsp_params;

/* out = clamp(te_multiply_q32_rounded(sum of in * weight + bias)), int16; zero points are 0. For
 * windows of 3x3 without dilation, and one output channel per input channel; every sum fits 32 bits.
 *
 * in is [in_h, in_w, in_c], out is [out_h, out_w, in_c]. Loads of words at even addresses must be
 * allowed.
 * Scratch, aligned to 4: 18 * in_c bytes for a window that reaches into padding, and 2 * (stride_w +
 * 3) * in_c for rows of it. The output may follow the input row by row: row r is written while the
 * input rows that r and later ones read are unchanged.
 */
void te_depthwise_conv2d_s16_dsp_3(const te_depthwise_conv2d_s16_dsp_params *op, te_src in,
                                   te_dst out, int32_t first, int32_t last, void *scratch);

#endif
