/* Two-dimensional convolution with weights that are mostly 0, for the DSP extension. */
#ifndef TE_DSP_CONV2D_SPARSE_H
#define TE_DSP_CONV2D_SPARSE_H

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
    int32_t pixel_step;    /* bytes from one output pixel to the next: out_c, or 1 */
    int32_t channel_step;  /* bytes from one output channel to the next: 1, or out_w */
    int32_t group;         /* pixels computed at a time, 8 or 4 */
    int32_t offset;        /* and rounding: see te_dsp_conv_w8.h */
    int8_t in_zero_point;  /* in [-128, 127] */
    int8_t act_min;        /* in [-128, act_max] */
    int8_t act_max;        /* in [act_min, 127] */
    int8_t rounding;       /* TE_CONV_SIGNED, UP_LESS or UP_MORE */
    const int8_t *taps;    /* the weights that are not 0, see te_dsp_sparse.h; so are the factors */
    const int32_t *factor; /* [out_c, 3] */
} te_conv2d_dsp_sparse_params;

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8,
 * for every shape, stride, padding and dilation, and sums without their bias below 2^22.
 *
 * in is [in_h, in_w, in_c], out is [out_h, out_w, out_c], or [out_h, out_c, out_w] by the steps.
 * Loads that are not aligned must be allowed where in_c is no multiple of 4.
 * Scratch, aligned to 4: 2 * group * kernel_h * kernel_w * in_c bytes for the windows of a group of
 * pixels, and 2 * kernel_w * in_c bytes behind where windows reach into padding or are dilated.
 * The output may follow the input pixel by pixel where it is [out_h, out_w, out_c], else row by
 * row.
 */
void te_conv2d_s8_dsp_sparse(const te_conv2d_dsp_sparse_params *op, te_src in, te_dst out,
                             int32_t first, int32_t last, void *scratch);

#endif
