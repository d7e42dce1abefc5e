/* Two-dimensional convolution of int16 with weights of int8. */
#ifndef TE_CONV2D_S16_H
#define TE_CONV2D_S16_H

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
    int32_t pad_top;           /* rows of padding above the input */
    int32_t pad_left;          /* columns of padding left of the input */
    int32_t act_min;           /* in [-32768, act_max] */
    int32_t act_max;           /* in [act_min, 32767] */
    const int8_t *weight;      /* [out_c, kernel_h, kernel_w, in_c] */
    const int32_t *bias;       /* [out_c]; null where sums are wide */
    const int64_t *wide_bias;  /* [out_c] where sums are wide, else null */
    const int32_t *multiplier; /* [out_c], with `shift` as the function below scales sums */
    const int8_t *shift;       /* [out_c]; null where there is none */
} te_conv2d_s16_params;

/* out = clamp(scaled(sum of in * weight + bias)), int16; zero points are 0.
 *
 * in is [in_h, in_w, in_c], out is [out_h, out_w, out_c]; the padding adds nothing. For every
 * shape, stride, padding and dilation. No scratch. The output may follow the input pixel by pixel:
 * pixel p is written while the input pixels that p and later ones read are unchanged.
 */

/* Every sum with any of its products left out fits 32 bits; scaled by te_multiply_q32_rounded. */
void te_conv2d_s16(const te_conv2d_s16_params *op, te_src in, te_dst out, int32_t first,
                   int32_t last);

/* The same, scaled by te_requantize: what a file with biases of int32 asks for. */
void te_conv2d_s16_twice(const te_conv2d_s16_params *op, te_src in, te_dst out, int32_t first,
                         int32_t last);

/* Sums of 64 bits, scaled by te_requantize_wide, whose result must fit 32 bits. */
void te_conv2d_s16_wide(const te_conv2d_s16_params *op, te_src in, te_dst out, int32_t first,
                        int32_t last);

#endif
