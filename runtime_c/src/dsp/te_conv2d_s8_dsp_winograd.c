/* Two-dimensional convolution of int8 for the DSP extension, by Winograd's minimal filtering. */
#include <stddef.h>

#include "te_dsp_winograd.h"
#include "te_window.h"

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

/* Computes `rows` output rows, 1 or 2, from row `oh` on, with V at `x`. */
static inline void te_winograd_rows(const te_conv2d_dsp_winograd_params *op, te_src in, te_dst out,
                                    int32_t oh, int32_t rows, int32_t *x, te_winograd_block *block)
{
    const int32_t phase = 4 * op->pairs;
    int8_t *const runs = (int8_t *)(x + TE_WINOGRAD_PHASES * phase);
    int8_t *const to[2] = {te_dst_row(out, oh), te_dst_row(out, oh + rows - 1)};
    TE_ASSUME(rows == 1 || rows == 2);
    for (int32_t ow = 0; ow < op->out_w; ow += OUT_COLUMNS) {
        const te_tiles tiles = te_winograd_find(op, in, oh, rows, ow, runs);
        const int32_t is_whole = rows == 2 && ow + OUT_COLUMNS <= op->out_w;
        te_winograd_expand(&tiles, op->in_c / 4, x, 4 * phase);
        block->out = is_whole ? to[0] + ow * op->out_c : runs;
        block->row = is_whole ? (int32_t)(to[1] - to[0]) : OUT_COLUMNS * op->out_c;
        block->row_two_pixels = block->row + block->two_pixels;
        te_winograd_dot(block);
        const int32_t left = op->out_w - ow < OUT_COLUMNS ? op->out_w - ow : OUT_COLUMNS;
        for (int32_t row = 0; row < rows && !is_whole; row++) {
            __builtin_memcpy(to[row] + ow * op->out_c, runs + row * OUT_COLUMNS * op->out_c,
                             (size_t)(left * op->out_c));
        }
    }
    for (int32_t row = 0; row < rows && (op->act_min > -128 || op->act_max < 127); row++) {
        te_clamp_run(to[row], op->out_w * op->out_c, op->act_min, op->act_max);
    }
}

TE_SHARED void te_conv2d_s8_dsp_winograd(const te_conv2d_dsp_winograd_params *op, te_src in,
                                         te_dst out, int32_t first, int32_t last, void *scratch)
{
    const int32_t phase = 4 * op->pairs;
    int32_t *const x = scratch;
    te_winograd_block block = {0};
    block.two_pixels = 2 * op->out_c;
    block.weight = op->weight;
    block.weight_end = op->weight + op->words;
    block.rounding = op->rounding;
    block.offset = op->offset;
    block.x = x;
    for (int32_t i = 0; i < TE_WINOGRAD_PHASES; i++) {
        block.x_end[i] = x + (i + 1) * phase;
        for (int32_t word = 2 * op->in_c; word < phase; word++) {
            x[i * phase + word] = 0;
        }
    }
    for (int32_t oh = first; oh < last; oh += 2) {
        te_winograd_rows(op, in, out, oh, last - oh < 2 ? 1 : 2, x, &block);
    }
}
