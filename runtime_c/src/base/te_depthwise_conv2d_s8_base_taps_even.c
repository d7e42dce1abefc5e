/* Depthwise convolution of int8 for cores without DSP, every shape, rounded once and mended. */
#define TE_BASE_OUTPUT te_base_output_once
#include "te_base_depthwise_taps.h"
#include "te_mended.h"

TE_MENDED(te_depthwise_conv2d_s8_base_taps_even, te_depthwise_conv2d_taps_even_params, te_taps_rows)
