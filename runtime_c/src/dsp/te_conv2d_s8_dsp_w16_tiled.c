/* Two-dimensional convolution of int8 for the DSP extension, tile by tile of its weights of int16. */
#include "te_dsp_conv_tiled.h"

TE_SHARED void te_conv2d_s8_dsp_w16_tiled(const te_conv2d_dsp_tiled_params *op, te_src in,
                                          te_dst out, int32_t first, int32_t last, void *scratch)
{
    te_conv_rows_tiled(op, in, out, first, last, scratch, &te_conv_dots_w16);
}
