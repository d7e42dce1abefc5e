/* Depthwise convolution of int8 for the DSP extension, 3x3, horizontal stride 2, rows [C][W]. */
#include "te_dsp_depthwise_rows.h"

TE_SHARED void te_depthwise_conv2d_s8_dsp_3_2_channels(const te_depthwise_conv2d_dsp_params *op,
                                                       te_src in, te_dst out, int32_t first,
                                                       int32_t last, void *scratch)
{
    te_depthwise_rows(op, in, out, first, last, scratch, 2, te_depthwise_row_2,
                      te_depthwise_unpack_row);
}
