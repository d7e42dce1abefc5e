/* Depthwise convolution of int8 for cores without DSP, every shape and scale ratio. */
#define TE_TAPS_LEFT
#include "te_base_depthwise_taps.h"

TE_SHARED void te_depthwise_conv2d_s8_base_taps_left(const te_depthwise_conv2d_taps_params *op,
                                                     te_src in, te_dst out, int32_t first,
                                                     int32_t last, void *scratch)
{
    te_taps_rows(op, in, out, first, last, scratch);
}
