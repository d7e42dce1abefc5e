/* The greatest elements of each row, in falling order. */
#ifndef TE_TOP_K_H
#define TE_TOP_K_H

#include "te_rows.h"

typedef struct {
    int32_t depth;         /* elements per input row */
    int32_t count;         /* elements per output row, in [1, depth] */
    uint8_t gives_indices; /* the output holds where they stand, int32_t; else bytes */
    uint8_t flip;          /* bits that make the bytes int8: 0x00, or 0x80 for uint8 */
} te_top_k_params;

/* Of equal elements the first comes first. Every output takes one look at the row: for few of them.
 *
 * No scratch. Row progress: an input row may be overwritten once its output row is done.
 */
void te_top_k_s8(const te_top_k_params *op, te_src in, te_dst out, int32_t first, int32_t last);

#endif
