/* Transpose: the same bytes with their dimensions in another order. */
#ifndef TE_TRANSPOSE_H
#define TE_TRANSPOSE_H

#include "te_gather.h"

/* out[i_0, i_1, ...] = in[j_0, j_1, ...], where j_perm[d] = i_d
 *
 * For elements of whole bytes, of any dimensions up to rank 6; above rank 4 a tensor is one row.
 * Where the permutation keeps batch and height in place, an output row reads the input row of the
 * same number; otherwise it reads all input rows, and the input must be held whole. No scratch.
 * Row progress: an input row may be overwritten once the last output row that reads it is done.
 */
void te_transpose_s8(const te_gather_params *op, te_src in, te_dst out, int32_t first,
                     int32_t last);

#endif
