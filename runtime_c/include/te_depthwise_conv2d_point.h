/* Depthwise convolution with windows of one pixel: a factor for each channel. */
#ifndef TE_DEPTHWISE_CONV2D_POINT_H
#define TE_DEPTHWISE_CONV2D_POINT_H

#include "te_rows.h"

typedef struct {
    int32_t pixels; /* of a row */
    int32_t channels;
    int32_t act_min;       /* in [-128, act_max] */
    int32_t act_max;       /* in [act_min, 127] */
    int32_t shift;         /* in [16, 22] */
    const int32_t *factor; /* [channels, 2]: factor and offset */
} te_depthwise_conv2d_point_params;

/* out = clamp((in * factor + offset) >> shift), int8.
 *
 * in and out are [h, pixels, channels]. The factors are such that the result is that of
 * te_depthwise_conv2d_s8, or of te_depthwise_conv2d_s8_even, for every byte.
 * No scratch. The output may be written over the input.
 */
void te_depthwise_conv2d_s8_point(const te_depthwise_conv2d_point_params *op, te_src in, te_dst out,
                                  int32_t first, int32_t last);

#endif
