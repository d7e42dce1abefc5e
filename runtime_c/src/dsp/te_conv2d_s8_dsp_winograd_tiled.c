/* Two-dimensional convolution of int8 for the DSP extension, by Winograd's minimal filtering, tile by
 * tile of its weights.
 */
#include "te_dsp.h"
#include "te_dsp_conv2d_tiled.h"
#include "te_dsp_winograd_tiles.h"

/* The output of two tiles that are expanded: its first row and column. */
typedef struct {
    int32_t oh;
    int32_t ow;
} te_winograd_place;

/* What is expanded, and waits for its channels. */
typedef struct {
    const te_conv2d_dsp_winograd_params *op;
    const te_conv_tiling *tiling;
    te_dst out;
    int32_t last; /* output row that is not computed any more */
    int32_t *tile;
    int32_t *x;
    te_winograd_place *places;
    int8_t *runs;
    int32_t count;
} te_winograd_batch;

/* Computes `channels` channels from `channel` on, which the records of `block` are of, at a place. What
 * reaches over a border goes to `runs` first.
 */
static void te_winograd_channels(const te_winograd_batch *batch, te_winograd_place place,
                                 te_winograd_block *block, int32_t channel, int32_t channels)
{
    const int32_t out_c = batch->op->out_c;
    const int32_t columns = batch->op->out_w - place.ow;
    const int32_t rows = batch->last - place.oh < 2 ? 1 : 2;
    int8_t *const to[2] = {te_dst_row(batch->out, place.oh),
                           te_dst_row(batch->out, place.oh + rows - 1)};
    const int32_t is_whole = rows == 2 && columns >= OUT_COLUMNS;
    block->out = is_whole ? to[0] + place.ow * out_c + channel : batch->runs + channel;
    block->row = is_whole ? (int32_t)(to[1] - to[0]) : OUT_COLUMNS * out_c;
    block->row_two_pixels = block->row + block->two_pixels;
    te_winograd_dot(block);
    for (int32_t row = 0; row < rows && !is_whole; row++) {
        for (int32_t column = 0; column < OUT_COLUMNS && column < columns; column++) {
            __builtin_memcpy(to[row] + (place.ow + column) * out_c + channel,
                             batch->runs + (row * OUT_COLUMNS + column) * out_c + channel,
                             (size_t)channels);
        }
    }
}

/* Computes all channels of what waits, tile by tile. */
static void te_winograd_channels_of_all(te_winograd_batch *batch)
{
    const te_conv2d_dsp_winograd_params *const op = batch->op;
    const te_conv_tiling *const tiling = batch->tiling;
    const int32_t phase = 4 * op->pairs;
    te_winograd_block block = {0};
    block.two_pixels = 2 * op->out_c;
    block.rounding = op->rounding;
    block.offset = op->offset;
    int32_t channel = 0;
    for (int32_t word = 0; word < op->words; word += tiling->tile_words) {
        const int32_t left = op->words - word;
        const int32_t words = left < tiling->tile_words ? left : tiling->tile_words;
        block.weight = op->weight + word;
        if (tiling->copies) {
            __builtin_memcpy(batch->tile, block.weight, (size_t)words * sizeof(int32_t));
            block.weight = batch->tile;
        }
        block.weight_end = block.weight + words;
        const int32_t channels = words / (tiling->tile_words / tiling->tile_channels);
        for (int32_t i = 0; i < batch->count; i++) {
            block.x = batch->x + i * TE_WINOGRAD_PHASES * phase;
            for (int32_t end = 0; end < TE_WINOGRAD_PHASES; end++) {
                block.x_end[end] = block.x + (end + 1) * phase;
            }
            te_winograd_channels(batch, batch->places[i], &block, channel, channels);
        }
        channel += channels;
    }
    batch->count = 0;
}

/* Expands two tiles from output row `oh` and column `ow` on, and has them wait. */
static void te_winograd_add(te_winograd_batch *batch, te_src in, int32_t oh, int32_t ow)
{
    const te_conv2d_dsp_winograd_params *const op = batch->op;
    const int32_t phase = 4 * op->pairs;
    const int32_t rows = batch->last - oh < 2 ? 1 : 2;
    int32_t *const x = batch->x + batch->count * TE_WINOGRAD_PHASES * phase;
    const te_winograd_place place = {oh, ow};
    TE_ASSUME(rows == 1 || rows == 2);
    const te_tiles tiles = te_winograd_find(op, in, oh, rows, ow, batch->runs);
    te_winograd_expand(&tiles, op->in_c / 4, x, 4 * phase);
    batch->places[batch->count++] = place;
}

TE_SHARED void te_conv2d_s8_dsp_winograd_tiled(const te_conv2d_dsp_winograd_tiled_params *tiled,
                                               te_src in, te_dst out, int32_t first, int32_t last,
                                               void *scratch)
{
    const te_conv2d_dsp_winograd_params *const op = tiled->conv;
    const te_conv_tiling *const tiling = tiled->tiling;
    const int32_t phase = 4 * op->pairs;
    int32_t *const tile = scratch;
    int32_t *const x = tile + (tiling->copies ? tiling->tile_words : 0);
    int32_t *const x_end = x + tiling->groups * TE_WINOGRAD_PHASES * phase;
    te_winograd_place *const places = (te_winograd_place *)x_end;
    te_winograd_batch batch = {
        op, tiling, out, last, tile, x, places, (int8_t *)(places + tiling->groups), 0};
    for (int32_t *run = x; run < x_end; run += phase) {
        for (int32_t word = 2 * op->in_c; word < phase; word++) {
            run[word] = 0;
        }
    }
    for (int32_t oh = first; oh < last; oh += 2) {
        for (int32_t ow = 0; ow < op->out_w; ow += OUT_COLUMNS) {
            te_winograd_add(&batch, in, oh, ow);
            if (batch.count == tiling->groups) {
                te_winograd_channels_of_all(&batch);
            }
        }
    }
    if (batch.count > 0) {
        te_winograd_channels_of_all(&batch);
    }
    for (int32_t row = first; row < last && (op->act_min > -128 || op->act_max < 127); row++) {
        te_clamp_run(te_dst_row(out, row), op->out_w * op->out_c, op->act_min, op->act_max);
    }
}
