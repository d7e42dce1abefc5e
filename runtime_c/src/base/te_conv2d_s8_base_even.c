/* Two-dimensional convolution of int8 for cores without DSP, rounded once and mended. */
#define TE_BASE_OUTPUT te_base_output_once
#define TE_T2_ROUND TE_T2_ROUND_ONCE
#include "te_base_weights_w8.h"

#include "te_base_conv.h"
#include "te_mended.h"

static inline void te_conv_once(const te_conv2d_base_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last, void *scratch)
{
    te_base_conv(op, in, out, first, last, scratch);
}

TE_MENDED(te_conv2d_s8_base_even, te_conv2d_base_even_params, te_conv_once)
