/* Depthwise convolution of int8 images one pixel wide, MVE. */
#include "te_mve_column_rows.h"

TE_SHARED void te_depthwise_conv2d_s8_mve_column(const te_depthwise_conv2d_mve_params *op,
                                                 te_src in, te_dst out, int32_t first, int32_t last,
                                                 void *scratch)
{
    te_mve_column_rows(op, in, out, first, last, scratch,
                       op->is_signed != 0 ? te_mve_column_dot_signed : te_mve_column_dot_up);
}
