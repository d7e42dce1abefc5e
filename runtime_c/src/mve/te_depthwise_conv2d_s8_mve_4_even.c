/* Depthwise convolution of int8 for MVE, windows of up to 4 words, rounded once and mended. */
#include "te_mended.h"
#include "te_mve_depthwise.h"

static inline void te_depthwise_once(const te_depthwise_conv2d_mve_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch)
{
    te_mve_depthwise(op, in, out, first, last, scratch, te_mve_depthwise_dot_1_once);
}

TE_MENDED(te_depthwise_conv2d_s8_mve_4_even, te_depthwise_conv2d_mve_even_params, te_depthwise_once)
