/* Depthwise convolution of int8 for the DSP extension: windows 5 wide, horizontal stride 2. */
#include "te_dsp_depthwise.h"

TE_SHARED void te_depthwise_conv2d_s8_dsp_5_2(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                              te_dst out, int32_t first, int32_t last,
                                              void *scratch)
{
    const te_depthwise_products products = {te_depthwise_pairs_5_2, te_depthwise_single_5_2, 5, 2,
                                            0};
    te_depthwise_dsp(op, in, out, first, last, scratch, products);
}
