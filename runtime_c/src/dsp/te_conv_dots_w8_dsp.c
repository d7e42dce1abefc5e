/* Convolution for the DSP extension: the dot products of weights of int8. */
#include "te_dsp_conv_w8.h"

TE_SHARED const te_conv_dots te_conv_dots_w8 = {te_conv_dot_4_w8, te_conv_dot_2_w8,
                                                te_conv_dot_1_w8, 1};
