/* Two-dimensional convolution of int8 for the DSP extension, by Winograd's minimal filtering. */
#include "te_dsp.h"
#include "te_dsp_winograd_tiles.h"

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
