/* Two-dimensional convolution with weights that have a zero point. */
#ifndef TE_CONV2D_CENTRED_H
#define TE_CONV2D_CENTRED_H

#include "te_conv2d.h"

typedef struct {
    const te_conv2d_params *conv; /* its bias is that of the operator, nothing is folded into it */
    int32_t weight_zero_point;    /* in [-128, 127] */
} te_conv2d_centred_params;

/* As te_conv2d_s8, but of (in - in_zero_point) * (weight - weight_zero_point). Sums of their
 * magnitudes, and `bias`, must fit 32 bits.
 */
void te_conv2d_s8_centred(const te_conv2d_centred_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last);

#endif
