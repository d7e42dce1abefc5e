/* Depthwise convolution of int8 for cores without DSP, width 3, stride 1, rounded once and mended. */
#define TE_BASE_OUTPUT te_base_output_once
#include "te_base_depthwise.h"
#include "te_mended.h"

#if defined(__thumb2__) && defined(__GNUC__)

#include "te_base_depthwise_3.h"

#else

TE_NOINLINE static void te_groups(const te_depthwise_channel *channel, int32_t groups, int8_t *out,
                                  int32_t step)
{
    te_depthwise_groups(channel, groups, out, step, 3, 1);
}

static inline void te_depthwise_rows_3(const te_depthwise_conv2d_base_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last, int8_t *padded)
{
    te_depthwise_rows(op, in, out, first, last, padded, 3, 1, te_groups);
}

#endif

static inline void te_depthwise_once(const te_depthwise_conv2d_base_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch)
{
    te_depthwise_rows_3(op, in, out, first, last, scratch);
}

TE_MENDED(te_depthwise_conv2d_s8_base_3_1_even, te_depthwise_conv2d_base_even_params,
          te_depthwise_once)
