/* Two-dimensional convolution of int8 for MVE, rounded once and mended. */
#include "te_mended.h"
#include "te_mve_conv.h"

static inline void te_conv_once(const te_conv2d_mve_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last, void *scratch)
{
    te_mve_conv(op, in, out, first, last, scratch);
}

TE_MENDED(te_conv2d_s8_mve_even, te_conv2d_mve_even_params, te_conv_once)
