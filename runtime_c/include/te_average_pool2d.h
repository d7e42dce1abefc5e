/* Average pooling. */
#ifndef TE_AVERAGE_POOL2D_H
#define TE_AVERAGE_POOL2D_H

#include "te_rows.h"

typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t channels;
    int32_t out_w;
    int32_t kernel_h;
    int32_t kernel_w;
    int32_t stride_h;
    int32_t stride_w;
    int32_t pad_top;  /* rows of padding above the input */
    int32_t pad_left; /* columns of padding left of the input */
    int32_t act_min;  /* in [-128, act_max] */
    int32_t act_max;  /* in [act_min, 127] */
} te_average_pool2d_params;

/* out = clamp(mean of the window's elements inside the input), int8, halves away from zero.
 *
 * in is [in_h, in_w, channels], out is [out_h, out_w, channels], of equal quantization. Every
 * window must hold at least one element of the input and at most 2^23.
 * No scratch. The output may follow the input pixel by pixel: pixel p is written while the input
 * pixels that p and later ones read are unchanged.
 */
void te_average_pool2d_s8(const te_average_pool2d_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last);

/* The same with halves that go up. */
void te_average_pool2d_s8_up(const te_average_pool2d_params *op, te_src in, te_dst out,
                             int32_t first, int32_t last);

/* The same of int16, halves away from zero: windows hold at most 2^15 - 1 elements. */
void te_average_pool2d_s16(const te_average_pool2d_params *op, te_src in, te_dst out, int32_t first,
                           int32_t last);

#endif
