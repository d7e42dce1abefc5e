/* Depthwise convolution of int8 for cores without DSP, kernel width 3, stride 2. */
#if defined(__thumb2__) && defined(__GNUC__)

#include "te_depthwise_base_3.h"

TE_SHARED void te_depthwise_conv2d_s8_base_3_2(const te_depthwise_conv2d_base_params *op, te_src in,
                                               te_dst out, int32_t first, int32_t last,
                                               void *scratch)
{
    te_depthwise_base_3(op, in, out, first, last, scratch);
}

#else

#define TE_BASE_OUTPUT te_base_output
#include "te_base_depthwise.h"

TE_NOINLINE static void te_groups(const te_depthwise_channel *channel, int32_t groups, int8_t *out,
                                  int32_t step)
{
    te_depthwise_groups(channel, groups, out, step, 3, 2);
}

TE_SHARED void te_depthwise_conv2d_s8_base_3_2(const te_depthwise_conv2d_base_params *op, te_src in,
                                               te_dst out, int32_t first, int32_t last,
                                               void *scratch)
{
    te_depthwise_rows(op, in, out, first, last, scratch, 3, 2, te_groups);
}

#endif
