/* Depthwise convolution for cores without the DSP extension. */
#ifndef TE_BASE_DEPTHWISE_CONV2D_H
#define TE_BASE_DEPTHWISE_CONV2D_H

#include "te_mend.h"
#include "te_rows.h"

typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t out_w;
    int32_t out_c;
    int32_t channel_multiplier; /* output channels per input channel */
    int32_t kernel_h;
    int32_t stride_h;
    int32_t pad_top;         /* rows of padding above the input */
    int32_t pad_left;        /* columns of padding left of the input */
    int32_t width;           /* of a padded row: all that groups of four outputs see */
    int32_t in_zero_point;   /* in [-128, 127] */
    int32_t out_zero_point;  /* in [-128, 127] */
    int32_t act_min;         /* in [-128, act_max] */
    int32_t act_max;         /* in [act_min, 127] */
    int32_t in_pixel_step;   /* bytes from one input pixel to the next: channels, or 1 */
    int32_t in_channel_step; /* bytes from one input channel to the next: 1, or in_w */
    int32_t out_pixel_step;  /* likewise for the output */
    int32_t out_channel_step;
    const int8_t *weight;      /* [out_c, kernel_h, kernel_w] */
    const int32_t *bias;       /* [out_c]: bias - in_zero_point * sum of the channel's weights */
    const int32_t *multiplier; /* [out_c]: te_requantize's */
    const int8_t *shift;       /* [out_c]: te_requantize's to the right, in [1, 30] */
} te_depthwise_conv2d_base_params;

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8,
 * for kernels as wide as the first figure of the name, horizontal strides of the second one,
 * and no dilation.
 *
 * Rows are [w, channels] or [channels, w] by the steps. Scratch: kernel_h * width bytes, for the
 * rows of a channel with their padding. The output may follow the input row by row: while row r is
 * written, the input rows that rows from r on read are unchanged.
 */
void te_depthwise_conv2d_s8_base_3_1(const te_depthwise_conv2d_base_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_base_3_2(const te_depthwise_conv2d_base_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_base_5_1(const te_depthwise_conv2d_base_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_base_5_2(const te_depthwise_conv2d_base_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_base_7_1(const te_depthwise_conv2d_base_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_base_7_2(const te_depthwise_conv2d_base_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch);

/* Parameters of a kernel above, and the sums that the factors miss. */
typedef struct {
    const te_depthwise_conv2d_base_params *kernel;
    const te_mend_params *mend;
} te_depthwise_conv2d_base_even_params;

/* The same, but products are rounded down, and every row is mended. */
void te_depthwise_conv2d_s8_base_3_1_even(const te_depthwise_conv2d_base_even_params *op, te_src in,
                                          te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_base_3_2_even(const te_depthwise_conv2d_base_even_params *op, te_src in,
                                          te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_base_5_1_even(const te_depthwise_conv2d_base_even_params *op, te_src in,
                                          te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_base_5_2_even(const te_depthwise_conv2d_base_even_params *op, te_src in,
                                          te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_base_7_1_even(const te_depthwise_conv2d_base_even_params *op, te_src in,
                                          te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_base_7_2_even(const te_depthwise_conv2d_base_even_params *op, te_src in,
                                          te_dst out, int32_t first, int32_t last, void *scratch);

#endif
