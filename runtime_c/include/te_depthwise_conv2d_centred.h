/* Depthwise convolution with weights that have a zero point. */
#ifndef TE_DEPTHWISE_CONV2D_CENTRED_H
#define TE_DEPTHWISE_CONV2D_CENTRED_H

#include "te_depthwise_conv2d.h"

typedef struct {
    const te_depthwise_conv2d_params *conv; /* its bias is the operator's: nothing is folded in */
    int32_t weight_zero_point;              /* in [-128, 127] */
} te_depthwise_conv2d_centred_params;

/* As te_depthwise_conv2d_s8, but of (in - in_zero_point) * (weight - weight_zero_point). Sums of
 * their magnitudes, and `bias`, must fit 32 bits.
 */
void te_depthwise_conv2d_s8_centred(const te_depthwise_conv2d_centred_params *op, te_src in,
                                    te_dst out, int32_t first, int32_t last);

#endif
