/* Nearest neighbour resizing: every output pixel is a copy of an input pixel. */
#ifndef TE_RESIZE_NEAREST_NEIGHBOR_H
#define TE_RESIZE_NEAREST_NEIGHBOR_H

#include "te_rows.h"

#include <stdint.h>

/* Which input pixel each output pixel is, worked out ahead of time. */
typedef struct {
    int32_t out_w;          /* output pixels per row */
    int32_t channels;       /* bytes per pixel */
    const int16_t *rows;    /* per output row: the input row; ascending */
    const int16_t *columns; /* per output pixel of a row: the input pixel; ascending */
} te_resize_nearest_neighbor_params;

/* out[oh, ow, c] = in[rows[oh], columns[ow], c]
 *
 * [H, W, C] of elements of whole bytes. An output row reads one input row.
 * No scratch. Row progress: an input row may be overwritten once the last output row that reads it
 * is done.
 */
void te_resize_nearest_neighbor_s8(const te_resize_nearest_neighbor_params *op, te_src in,
                                   te_dst out, int32_t first, int32_t last);

#endif
