/* Two-dimensional convolution of int8 for the DSP extension, with weights of int8, mended. */
#include "te_dsp_conv2d.h"
#include "te_mended.h"

TE_MENDED(te_conv2d_s8_dsp_even, te_conv2d_dsp_even_params, te_conv2d_s8_dsp)
