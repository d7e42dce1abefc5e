/* Two-dimensional depthwise convolution of int8 for MVE, windows of up to 4 words. */
#include "te_mve_depthwise.h"

TE_SHARED void te_depthwise_conv2d_s8_mve_4(const te_depthwise_conv2d_mve_params *op, te_src in,
                                            te_dst out, int32_t first, int32_t last, void *scratch)
{
    te_mve_depthwise(op, in, out, first, last, scratch, te_mve_depthwise_dot_1);
}
