/* Two-dimensional convolution of int16 for the DSP extension. */
#ifndef TE_DSP_CONV2D_S16_H
#define TE_DSP_CONV2D_S16_H

#include "te_rows.h"

typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t in_c;
    int32_t out_w;
    int32_t out_c;
    int32_t kernel_h;
    int32_t kernel_w;
    int32_t stride_h;
    int32_t stride_w;
    int32_t dilation_h;
    int32_t dilation_w;
    int32_t pad_top;       /* rows of padding above the input */
    int32_t pad_left;      /* columns of padding left of the input */
    int32_t pairs;         /* pairs of taps of a window; each of its rows has whole pairs */
    int32_t words;         /* words of all records */
    int32_t even_words;    /* words of the records but that of a last odd channel */
    int32_t group;         /* pixels computed at a time, 4 or 2 */
    int32_t act_min;       /* in [-32768, act_max] */
    int32_t act_max;       /* in [act_min, 32767] */
    const int32_t *weight; /* (out_c + 1) / 2 records, see te_dsp_conv_s16.h */
} te_conv2d_s16_dsp_params;

/* out = clamp(te_multiply_q32_rounded(sum of in * weight + bias)), int16; zero points are 0. For
 * every shape, stride, padding and dilation; every sum fits 32 bits.
 *
 * in is [in_h, in_w, in_c], out is [out_h, out_w, out_c]. Loads of words at even addresses must be
 * allowed.
 * Scratch, aligned to 4: 4 * group * pairs bytes for the windows of a group of pixels and, where
 * windows reach into padding or are dilated, 4 * ((kernel_w * in_c + 1) / 2) bytes behind.
 * The output may follow the input pixel by pixel.
 */
void te_conv2d_s16_dsp(const te_conv2d_s16_dsp_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last, void *scratch);

#endif
