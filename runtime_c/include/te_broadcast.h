/* Broadcast: a tensor repeated along dimensions of which it has one element. */
#ifndef TE_BROADCAST_H
#define TE_BROADCAST_H

#include "te_gather.h"

/* out[i, j, ...] = in[i or 0, j or 0, ...]
 *
 * For elements of whole bytes, of any dimensions up to rank 6; above rank 4 a tensor is one row.
 * An output row reads exactly one input row. No scratch. Row progress: an input row may be
 * overwritten once the last output row that reads it is done.
 */
void te_broadcast_s8(const te_gather_params *op, te_src in, te_dst out, int32_t first,
                     int32_t last);

#endif
