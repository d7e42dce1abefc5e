/* Depthwise convolution of int8 for the DSP extension: windows 3 wide, horizontal stride 1. */
#include "te_dsp_depthwise_conv2d.h"

#include "te_dsp_depthwise.h"

void te_depthwise_conv2d_s8_dsp_3_1(const te_depthwise_conv2d_dsp_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last, void *scratch)
{
    te_depthwise_dsp(op, in, out, first, last, scratch, 3, 1);
}
