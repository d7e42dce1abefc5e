/* Depthwise convolution of int8 for the DSP extension, mended: images one pixel wide. */
#include "te_dsp_depthwise_conv2d.h"
#include "te_mended.h"

TE_MENDED_PLAIN(te_depthwise_conv2d_s8_dsp_column_even, te_depthwise_column_dsp_even_params,
                te_depthwise_conv2d_s8_dsp_column)
