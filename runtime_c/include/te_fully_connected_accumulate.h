/* Fully connected operator whose one input vector arrives row by row. */
#ifndef TE_FULLY_CONNECTED_ACCUMULATE_H
#define TE_FULLY_CONNECTED_ACCUMULATE_H

#include "te_fully_connected.h"

/* Consumes input rows [first, last): the output of te_fully_connected_s8 for one vector.
 *
 * The vector is in_c / in.row_bytes rows of in.row_bytes elements, in being the tensor before it
 * was flattened; row_bytes divides in_c. out is [out_c]. The calls for all input rows are made in
 * order; each row is read in its own call alone. out is written in the call that consumes the last
 * row, after that row has been read. A call for no rows does nothing.
 * scratch: out_c sums of 4 bytes, aligned to 4, kept from call to call; the call for row 0 sets
 * them to the biases.
 */
void te_fully_connected_s8_accumulate(const te_fully_connected_params *op, te_src in, te_dst out,
                                      int32_t first, int32_t last, void *scratch);

#endif
