/* Two-dimensional convolution of int8 for MVE, with weights of 4 bits. */
#include "te_mve_conv.h"

TE_SHARED void te_conv2d_s8_mve_w4(const te_conv2d_mve_params *op, te_src in, te_dst out,
                                   int32_t first, int32_t last, void *scratch)
{
    te_mve_conv(op, in, out, first, last, scratch);
}
