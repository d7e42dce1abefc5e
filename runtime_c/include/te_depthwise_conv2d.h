/* Depthwise convolution. */
#ifndef TE_DEPTHWISE_CONV2D_H
#define TE_DEPTHWISE_CONV2D_H

#include "te_rows.h"

typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t in_c;
    int32_t out_w;
    int32_t channel_multiplier; /* output channels per input channel */
    int32_t kernel_h;
    int32_t kernel_w;
    int32_t stride_h;
    int32_t stride_w;
    int32_t dilation_h;
    int32_t dilation_w;
    int32_t pad_top;           /* rows of padding above the input */
    int32_t pad_left;          /* columns of padding left of the input */
    int32_t in_zero_point;     /* in [-128, 127] */
    int32_t out_zero_point;    /* in [-128, 127] */
    int32_t act_min;           /* in [-128, act_max] */
    int32_t act_max;           /* in [act_min, 127] */
    const int8_t *weight;      /* [kernel_h, kernel_w, out_c] */
    const int32_t *bias;       /* [out_c]: bias - in_zero_point * sum of the channel's weights */
    const int32_t *multiplier; /* [out_c]: te_requantize's */
    const int8_t *shift;       /* [out_c]: te_requantize's */
} te_depthwise_conv2d_params;

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8.
 *
 * in is [in_h, in_w, in_c], out is [out_h, out_w, out_c]; output channel c reads input channel
 * c / channel_multiplier; the padding adds nothing. Every sum that starts with `bias` and has any
 * of the products in * weight added must fit 32 bits. For every shape, stride, padding, dilation
 * and multiplier.
 * No scratch. The output may follow the input pixel by pixel: pixel p is written while the input
 * pixels that p and later ones read are unchanged.
 */
void te_depthwise_conv2d_s8(const te_depthwise_conv2d_params *op, te_src in, te_dst out,
                            int32_t first, int32_t last);

#endif
