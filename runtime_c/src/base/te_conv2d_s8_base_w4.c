/* Two-dimensional convolution of int8 for cores without DSP, with weights of 4 bits. */
#define TE_BASE_OUTPUT te_base_output
#define TE_T2_ROUND TE_T2_ROUND_TWICE
#include "te_base_weights_w4.h"

#include "te_base_conv.h"

TE_SHARED void te_conv2d_s8_base_w4(const te_conv2d_base_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last, void *scratch)
{
    te_base_conv(op, in, out, first, last, scratch);
}
