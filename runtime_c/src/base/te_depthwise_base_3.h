/* What kernels of depthwise convolution with windows three wide share in Thumb-2. */
#ifndef TE_DEPTHWISE_BASE_3_H
#define TE_DEPTHWISE_BASE_3_H

#include "te_base_depthwise_conv2d.h"

/* Computes output rows [first, last) of the stride that op->width is made for. */
void te_depthwise_base_3(const te_depthwise_conv2d_base_params *op, te_src in, te_dst out,
                         int32_t first, int32_t last, void *scratch);

#endif
