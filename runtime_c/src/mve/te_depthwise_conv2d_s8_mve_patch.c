/* Two-dimensional depthwise convolution of int8 for MVE, windows of up to 3x3 next to each other. */
#include "te_mve_patch_rows.h"

TE_SHARED void te_depthwise_conv2d_s8_mve_patch(const te_depthwise_conv2d_mve_params *op, te_src in,
                                                te_dst out, int32_t first, int32_t last,
                                                void *scratch)
{
    te_mve_patches(op, in, out, first, last, scratch);
}
