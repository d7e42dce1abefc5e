/* Average pooling into a single output row, one input row after the other. */
#ifndef TE_AVERAGE_POOL2D_ACCUMULATE_H
#define TE_AVERAGE_POOL2D_ACCUMULATE_H

#include "te_average_pool2d.h"

/* Consumes input rows [first, last): the output of te_average_pool2d_s8 where that is one row.
 *
 * in is [in_h, in_w, channels], out is [1, out_w, channels]. The calls for all input rows are made
 * in order; each row is read in its own call alone. out is written in the call that consumes row
 * in_h - 1, after that row has been read. A call for no rows does nothing.
 * scratch: out_w * channels sums of 4 bytes, aligned to 4, kept from call to call; the call for
 * row 0 clears them.
 */
void te_average_pool2d_s8_accumulate(const te_average_pool2d_params *op, te_src in, te_dst out,
                                     int32_t first, int32_t last, void *scratch);

#endif
