/* Two-dimensional convolution of int8 for the DSP extension, with weights of int8. */
#include "te_dsp_conv.h"
#include "te_dsp_conv2d.h"

TE_SHARED void te_conv2d_s8_dsp(const te_conv2d_dsp_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last, void *scratch)
{
    te_conv_rows(op, in, out, first, last, scratch, &te_conv_dots_w8);
}
