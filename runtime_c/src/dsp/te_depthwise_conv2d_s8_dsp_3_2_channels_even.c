/* Depthwise convolution of int8 for the DSP extension, mended: windows 3 wide, stride 2, rows [C][W]. */
#include "te_dsp_depthwise_conv2d.h"
#include "te_mended.h"

TE_MENDED(te_depthwise_conv2d_s8_dsp_3_2_channels_even, te_depthwise_conv2d_dsp_even_params,
          te_depthwise_conv2d_s8_dsp_3_2_channels)
