/* Depthwise convolution of int8 images one pixel wide, MVE, rounded once and mended. */
#include "te_mended.h"
#include "te_mve_column_rows.h"

static inline void te_column_once(const te_depthwise_conv2d_mve_params *op, te_src in, te_dst out,
                                  int32_t first, int32_t last, void *scratch)
{
    te_mve_column_rows(op, in, out, first, last, scratch, te_mve_column_dot_once);
}

TE_MENDED(te_depthwise_conv2d_s8_mve_column_even, te_depthwise_conv2d_mve_even_params,
          te_column_once)
