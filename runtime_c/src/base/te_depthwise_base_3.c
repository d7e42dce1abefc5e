/* Depthwise convolution with windows three wide, of both strides, for Thumb-2 without DSP. */
#define TE_BASE_OUTPUT te_base_output
#include "te_depthwise_base_3.h"

#if defined(__thumb2__) && defined(__GNUC__)

#include "te_base_depthwise_3.h"

TE_SHARED void te_depthwise_base_3(const te_depthwise_conv2d_base_params *op, te_src in, te_dst out,
                                   int32_t first, int32_t last, void *scratch)
{
    te_depthwise_rows_3(op, in, out, first, last, scratch);
}

#endif
