/* Depth to space: blocks of pixels that stand in the channels become an image. */
#ifndef TE_DEPTH_TO_SPACE_H
#define TE_DEPTH_TO_SPACE_H

#include "te_rows.h"

typedef struct {
    int32_t in_h;        /* input rows per image */
    int32_t out_h;       /* output rows per image, at most in_h * block_h - top */
    int32_t block_h;     /* output rows that come from an input row */
    int32_t top;         /* of the first one, how many are cut off: less than block_h */
    int32_t row_bytes;   /* bytes of an output row */
    int32_t pixel_bytes; /* bytes of an input pixel: block_h runs */
    int32_t run;         /* bytes that an input pixel gives an output row */
    int32_t skipped;     /* of a row's first run, how many are cut off: less than run */
} te_depth_to_space_params;

/* out[y] = run (y + top) % block_h of every pixel of in[(y + top) / block_h], the first one cut.
 *
 * Images of elements of whole bytes. An output row reads one input row. No scratch. Row progress:
 * an input row may be overwritten once the last output row that reads it is done.
 */
void te_depth_to_space_s8(const te_depth_to_space_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last);

#endif
