/* Gathering by indices that are computed at run time. */
#ifndef TE_GATHER_INDICES_H
#define TE_GATHER_INDICES_H

#include "te_rows.h"

/* Input [outer, count, inner bytes], indices [indices], output [outer, indices, inner bytes]. */
typedef struct {
    int32_t count;         /* what an index counts, at least 1 */
    int32_t inner;         /* bytes that stand at one index */
    int32_t indices;       /* how many there are */
    int32_t in_row_bytes;  /* bytes of a row of the input */
    int32_t out_row_bytes; /* and of the output */
    int32_t index_row;     /* indices of a row of theirs */
    uint8_t is_64_bit;     /* indices are int64_t, else int32_t */
} te_gather_indices_params;

/* out[o, i] = in[o, indices[i]]; an index outside [0, count) gives the nearest end.
 *
 * All may be cut into rows anywhere. No scratch. All of the input and of the indices is needed
 * until the output is complete.
 */
void te_gather_indices_s8(const te_gather_indices_params *op, te_src in, te_src indices, te_dst out,
                          int32_t first, int32_t last);

#endif
