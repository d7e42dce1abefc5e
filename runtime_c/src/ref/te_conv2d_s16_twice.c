/* Convolution of int16 with biases of int32, portable C, for every shape. */
#define TE_SUM int32_t
#define TE_BIAS(op) (op)->bias
#define TE_SCALED(op, sum, oc) te_requantize(sum, (op)->multiplier[oc], (op)->shift[oc])
#include "te_conv2d_s16_rows.h"

TE_SHARED void te_conv2d_s16_twice(const te_conv2d_s16_params *op, te_src in, te_dst out,
                                   int32_t first, int32_t last)
{
    te_conv2d_s16_rows(op, in, out, first, last);
}
