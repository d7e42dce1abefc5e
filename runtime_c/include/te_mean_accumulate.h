/* Mean over rows, one input row after the other. */
#ifndef TE_MEAN_ACCUMULATE_H
#define TE_MEAN_ACCUMULATE_H

#include "te_mean.h"

/* Consumes input rows [first, last): the output of te_mean_s8 where all rows meet in each mean.
 *
 * in has window_n * window_h rows (out_h is 1), out is one row of out_w * out_c elements. The
 * calls for all input rows are made in order; each row is read in its own call alone. out is
 * written in the call that consumes the last row, after that row has been read. A call for no rows
 * does nothing.
 * scratch: out_w * out_c sums of 4 bytes, aligned to 4, kept from call to call; the call for row 0
 * clears them.
 */
void te_mean_s8_accumulate(const te_mean_params *op, te_src in, te_dst out, int32_t first,
                           int32_t last, void *scratch);

#endif
