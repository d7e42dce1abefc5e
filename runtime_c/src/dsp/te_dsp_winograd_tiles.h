/* Convolution by Winograd's minimal filtering for the DSP extension: tiles of it, and where they stand. */
#ifndef TE_DSP_WINOGRAD_TILES_H
#define TE_DSP_WINOGRAD_TILES_H

#include <stddef.h>

#include "te_dsp_conv2d_winograd.h"
#include "te_window.h"

enum {
    TE_WINOGRAD_ROWS = 4 /* of a tile's input */
};

/* Input rows of two tiles: where the first pixel of each is, and the bytes from pixel to pixel. */
typedef struct {
    const int8_t *row[TE_WINOGRAD_ROWS];
    int32_t step;
} te_tiles;

enum {
    TE_WINOGRAD_PHASES = 8 /* of a tile: two of each column */
};

/* Two tiles as the dot products see them. Assembly reads the members by their places. */
typedef struct {
    int8_t *out;
    int32_t two_pixels; /* bytes to the second tile's outputs, */
    int32_t row;        /* to the second row's, */
    int32_t row_two_pixels;
    const int32_t *weight;
    const int32_t *weight_end;
    int32_t rounding;
    int32_t offset;
    const int32_t *x;
    const int32_t *x_end[TE_WINOGRAD_PHASES]; /* of every phase */
} te_winograd_block;

/* Expands `quads` > 0 quads of channels of two tiles to V at x, of which a phase is `phase` bytes. */
void te_winograd_expand(const te_tiles *tiles, int32_t quads, int32_t *x, int32_t phase);

/* Computes the channels of the block's records. */
void te_winograd_dot(const te_winograd_block *block);

enum {
    TILE_COLUMNS = 6, /* of the input of two tiles side by side, */
    OUT_COLUMNS = 4   /* and of their outputs */
};

/* Copies input columns [iw, iw + 6) of row `ih` to `run`, with padding for what is outside, and where
 * the row is not `there`.
 */
static inline void te_winograd_copy(const te_conv2d_dsp_winograd_params *op, te_src in, int32_t ih,
                                    int32_t there, int32_t iw, int8_t *run)
{
    const te_taps inside = te_clip_taps(iw, 1, TILE_COLUMNS, op->in_w);
    const int32_t in_c = op->in_c;
    __builtin_memset(run, op->in_zero_point, (size_t)(TILE_COLUMNS * in_c));
    if (there && inside.last > inside.first) {
        __builtin_memcpy(run + inside.first * in_c, te_src_row(in, ih) + (iw + inside.first) * in_c,
                         (size_t)((inside.last - inside.first) * in_c));
    }
}

/* Finds the input of two tiles of `rows` output rows, from output row `oh` and column `ow` on; what
 * reaches over a border, or is of no output row, is copied to `runs` and padded.
 */
static inline te_tiles te_winograd_find(const te_conv2d_dsp_winograd_params *op, te_src in,
                                        int32_t oh, int32_t rows, int32_t ow, int8_t *runs)
{
    const int32_t ih = oh - op->pad_top;
    const int32_t iw = ow - op->pad_left;
    const int32_t is_inside = ih >= 0 && ih + TE_WINOGRAD_ROWS <= op->in_h && iw >= 0 &&
                              iw + TILE_COLUMNS <= op->in_w && rows == 2;
    te_tiles tiles = {{0, 0, 0, 0}, op->in_c};
    for (int32_t row = 0; row < TE_WINOGRAD_ROWS; row++) {
        if (is_inside) {
            tiles.row[row] = te_src_row(in, ih + row) + iw * op->in_c;
        } else {
            const int32_t there = ih + row >= 0 && ih + row < op->in_h && row < rows + 2;
            int8_t *const run = runs + row * TILE_COLUMNS * op->in_c;
            te_winograd_copy(op, in, ih + row, there, iw, run);
            tiles.row[row] = run;
        }
    }
    return tiles;
}

#endif
