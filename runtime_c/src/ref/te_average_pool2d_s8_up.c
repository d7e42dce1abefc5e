/* Average pooling of int8 with halves that go up, portable C. */
#include "te_average_pool2d_rows.h"

TE_SHARED void te_average_pool2d_s8_up(const te_average_pool2d_params *op, te_src in, te_dst out,
                                       int32_t first, int32_t last)
{
    te_average_pool2d_rows(op, in, out, first, last, 1);
}
