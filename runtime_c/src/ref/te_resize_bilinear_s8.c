/* Bilinear resizing of int8, portable C. */
#include "te_resize_bilinear_rows.h"

TE_SHARED void te_resize_bilinear_s8(const te_resize_bilinear_params *op, te_src in, te_dst out,
                                     int32_t first, int32_t last)
{
    te_resize_bilinear_rows(op, in, out, first, last, 0);
}
