/* Transpose of elements of whole bytes, portable C. */
#include "te_transpose.h"

#include "te_gather_rows.h"

TE_SHARED void te_transpose_s8(const te_gather_params *op, te_src in, te_dst out, int32_t first,
                               int32_t last)
{
    te_gather_rows(op, in, out, first, last);
}
