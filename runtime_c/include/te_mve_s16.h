/* Convolutions and products of int16 with weights of int8 for MVE. */
#ifndef TE_MVE_S16_H
#define TE_MVE_S16_H

#include "te_depthwise_conv2d_s16.h"

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
    int32_t act_min;       /* in [-32768, act_max] */
    int32_t act_max;       /* in [act_min, 32767] */
    const int32_t *weight; /* (out_c + 3) / 4 records, see te_mve_quads_s16.h */
} te_conv2d_s16_mve_params;

/* What te_conv2d_s16 computes. Scratch, aligned to 4: 2 * kernel_h * kernel_w * in_c bytes for windows
 * that are not one run of elements.
 */
void te_conv2d_s16_mve(const te_conv2d_s16_mve_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last, void *scratch);

/* te_depthwise_conv2d_s16, whose parameters these are, of one output channel per input channel;
 * biases and factors are filled up to a multiple of eight.
 */
void te_depthwise_conv2d_s16_mve(const te_depthwise_conv2d_s16_params *op, te_src in, te_dst out,
                                 int32_t first, int32_t last);

typedef struct {
    int32_t in_c;          /* elements of an input row */
    int32_t out_c;         /* elements of an output row */
    int32_t act_min;       /* in [-32768, act_max] */
    int32_t act_max;       /* in [act_min, 32767] */
    int32_t factor_step;   /* 1: a factor per output element, 0: one for all */
    const int32_t *weight; /* (out_c + 3) / 4 records, see te_mve_quads_s16.h; no factors there */
    const int32_t *multiplier; /* [out_c] or [1], in [0, 2^30] */
    const int32_t *fraction;   /* [out_c] or [1], of 2^32 */
    const int8_t *shift;       /* [out_c] or [1], in [1, 31] */
} te_fully_connected_s16_mve_params;

/* te_fully_connected_s16 of weights without a zero point, scaled as te_fully_connected_s16_dsp does.
 * No scratch. The output may follow the input row by row.
 */
void te_fully_connected_s16_mve(const te_fully_connected_s16_mve_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last);

#endif
