/* Two-dimensional convolution of int8 for MVE, by columns of windows. */
#include "te_mve_conv_columns.h"

TE_SHARED void te_conv2d_s8_mve_columns(const te_conv2d_mve_params *op, te_src in, te_dst out,
                                        int32_t first, int32_t last, void *scratch)
{
    te_mve_columns(op, in, out, first, last, scratch);
}
