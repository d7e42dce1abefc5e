/* Average pooling of int8, portable C. */
#include "te_average_pool2d_rows.h"

TE_SHARED void te_average_pool2d_s8(const te_average_pool2d_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last)
{
    te_average_pool2d_rows(op, in, out, first, last, 0);
}
