/* Two-dimensional convolution with a 3x3 window and a stride of 1 for the DSP extension, by Winograd's
 * minimal filtering.
 */
#ifndef TE_DSP_CONV2D_WINOGRAD_H
#define TE_DSP_CONV2D_WINOGRAD_H

#include "te_dsp_conv2d.h"
#include "te_rows.h"

typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t in_c;
    int32_t out_w;
    int32_t out_c;
    int32_t pad_top;       /* rows of padding above the input, 0 to 2 */
    int32_t pad_left;      /* columns of padding left of the input, 0 to 2 */
    int32_t pairs;         /* pairs of input channels, a multiple of TE_WINOGRAD_PAIRS */
    int32_t words;         /* words of all records */
    int32_t offset;        /* and rounding: see te_dsp_conv_w8.h */
    int8_t in_zero_point;  /* in [-128, 127] */
    int8_t act_min;        /* in [-128, act_max] */
    int8_t act_max;        /* in [act_min, 127] */
    int8_t rounding;       /* TE_CONV_SIGNED, UP_LESS or UP_MORE */
    const int32_t *weight; /* records, see te_dsp_winograd.h */
} te_conv2d_dsp_winograd_params;

/* What `pairs` is a multiple of: the loops are unrolled so many times. */
#define TE_WINOGRAD_PAIRS 8

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8,
 * for windows of 3x3, a stride and dilation of 1, in_c a multiple of 4 and out_c of 2.
 *
 * in is [in_h, in_w, in_c], out is [out_h, out_w, out_c]. Rows are computed two at a time, from
 * `first` on: all of both may be read until both are written, and so may the input rows of the first
 * of them.
 * Scratch, aligned to 4: 128 * pairs bytes for two tiles' inputs, and behind them the greater of
 * 24 * in_c and 8 * out_c for what reaches over a border.
 */
void te_conv2d_s8_dsp_winograd(const te_conv2d_dsp_winograd_params *op, te_src in, te_dst out,
                               int32_t first, int32_t last, void *scratch);

/* Parameters of the kernel above for the first channels, and of te_conv2d_s8_dsp for the others. */
typedef struct {
    const te_conv2d_dsp_winograd_params *winograd; /* out_c are all */
    const te_conv2d_dsp_params *direct;
    int32_t channels; /* how many are the first */
} te_conv2d_dsp_winograd_half_params;

/* The same for fewer weights in flash: only so many channels are computed by minimal filtering.
 * Scratch: the greater of both kernels'.
 */
void te_conv2d_s8_dsp_winograd_half(const te_conv2d_dsp_winograd_half_params *op, te_src in,
                                    te_dst out, int32_t first, int32_t last, void *scratch);

#endif
