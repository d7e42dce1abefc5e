/* Slice: every stride-th byte of every dimension. */
#ifndef TE_SLICE_H
#define TE_SLICE_H

#include "te_gather.h"

/* out[i, j, ...] = in[begin_0 + stride_0 * i, begin_1 + stride_1 * j, ...]
 *
 * For elements of whole bytes, of any dimensions up to rank 6; above rank 4 a tensor is one row.
 * An output row reads exactly one input row. No scratch. Row progress: an input row may be
 * overwritten once the output row that reads it is done.
 */
void te_slice_s8(const te_gather_params *op, te_src in, te_dst out, int32_t first, int32_t last);

#endif
