/* Depthwise convolution of int16 with sums of 64 bits, portable C, for every shape. */
#define TE_SUM int64_t
#define TE_BIAS(op) (op)->wide_bias
#define TE_SCALED(op, sum, oc) te_requantize_wide(sum, (op)->multiplier[oc], (op)->shift[oc])
#include "te_depthwise_conv2d_s16_rows.h"

TE_SHARED void te_depthwise_conv2d_s16_wide(const te_depthwise_conv2d_s16_params *op, te_src in,
                                            te_dst out, int32_t first, int32_t last)
{
    te_depthwise_conv2d_s16_rows(op, in, out, first, last);
}
