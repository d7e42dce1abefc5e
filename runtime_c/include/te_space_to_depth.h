/* Space to depth: every block of pixels becomes one pixel of more channels. */
#ifndef TE_SPACE_TO_DEPTH_H
#define TE_SPACE_TO_DEPTH_H

#include "te_rows.h"

typedef struct {
    int32_t block_h; /* input rows of an output row */
    int32_t pixels;  /* pixels of an output row */
    int32_t run;     /* bytes that an input row gives an output pixel */
} te_space_to_depth_params;

/* Run i of every pixel of out[y] comes from in[block_h * y + i], for i in [0, block_h).
 *
 * Images of elements of whole bytes. No scratch. Row progress: input rows may be overwritten once
 * the output row that reads them is done.
 */
void te_space_to_depth_s8(const te_space_to_depth_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last);

#endif
