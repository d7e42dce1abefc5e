/* Two-dimensional convolution for the DSP extension. */
#ifndef TE_DSP_CONV2D_H
#define TE_DSP_CONV2D_H

#include "te_mend.h"
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
    int32_t pairs;         /* pairs of taps of a window as expanded */
    int32_t words;         /* words of all records */
    int32_t even_words;    /* words of the records but that of a last odd channel; w4: all */
    int32_t offset;        /* of int8 weights only, as the rounding: see te_dsp_conv_w8.h */
    int8_t in_zero_point;  /* in [-128, 127] */
    int8_t act_min;        /* in [-128, act_max] */
    int8_t act_max;        /* in [act_min, 127] */
    int8_t group;          /* pixels computed at a time, 4 or 2 */
    int8_t rounding;       /* TE_CONV_SIGNED, UP_LESS or UP_MORE; int16 weights have it by record */
    const int32_t *weight; /* records, see te_dsp_conv_w8.h, w16.h and w4.h */
} te_conv2d_dsp_params;

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8,
 * for every shape, stride, padding and dilation. The weights are packed as `_w16` or `_w4` or
 * neither: int16, 4 bits (and out_c at least 4) or int8.
 *
 * in is [in_h, in_w, in_c], out is [out_h, out_w, out_c], or [out_h, out_c, out_w] by the steps.
 * Loads that are not aligned must be allowed where in_c is no multiple of 4.
 * Scratch, aligned to 4: 4 * group * pairs bytes for the expanded windows of a group of pixels;
 * where windows reach into padding or are dilated, group * kernel_w * in_c bytes behind.
 * The output may follow the input pixel by pixel where it is [out_h, out_w, out_c], else row by
 * row.
 */
void te_conv2d_s8_dsp(const te_conv2d_dsp_params *op, te_src in, te_dst out, int32_t first,
                      int32_t last, void *scratch);
void te_conv2d_s8_dsp_w16(const te_conv2d_dsp_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last, void *scratch);
void te_conv2d_s8_dsp_w4(const te_conv2d_dsp_params *op, te_src in, te_dst out, int32_t first,
                         int32_t last, void *scratch);

/* Parameters of the kernels above, and the sums that their factors miss. */
typedef struct {
    const te_conv2d_dsp_params *kernel;
    const te_mend_params *mend;
} te_conv2d_dsp_even_params;

/* The same, and every row is mended: the output may follow the input row by row. */
void te_conv2d_s8_dsp_even(const te_conv2d_dsp_even_params *op, te_src in, te_dst out,
                           int32_t first, int32_t last, void *scratch);
void te_conv2d_s8_dsp_w16_even(const te_conv2d_dsp_even_params *op, te_src in, te_dst out,
                               int32_t first, int32_t last, void *scratch);

#endif
