/* Convolution for the DSP extension: the dot products of weights of int16. */
#include "te_dsp_conv_w16.h"

TE_SHARED const te_conv_dots te_conv_dots_w16 = {te_conv_dot_4_w16, te_conv_dot_2_w16,
                                                 te_conv_dot_1_w16, 0};
