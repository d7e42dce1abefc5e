/* Two-dimensional convolution of int8 for the DSP extension, with weights of int8. */
#include "te_dsp_conv2d.h"
#include "te_dsp_conv_w8.h"

TE_SHARED void te_conv2d_s8_dsp(const te_conv2d_dsp_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last, void *scratch)
{
    static const te_conv_dots dots = {te_conv_dot_4_w8, te_conv_dot_2_w8, te_conv_dot_1_w8, 1};
    te_conv_rows(op, in, out, first, last, scratch, &dots);
}
