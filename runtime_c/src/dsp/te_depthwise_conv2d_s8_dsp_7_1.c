/* Depthwise convolution of int8 for the DSP extension: windows 7 wide, horizontal stride 1. */
#include "te_dsp_depthwise.h"

TE_SHARED void te_depthwise_conv2d_s8_dsp_7_1(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                              te_dst out, int32_t first, int32_t last,
                                              void *scratch)
{
    const te_depthwise_products products = {te_depthwise_pairs_7_1, te_depthwise_single_7_1, 7, 1,
                                            0};
    te_depthwise_dsp(op, in, out, first, last, scratch, products);
}
