/* Convolution for the DSP extension, tile by tile of its weights, of any form. */
#include "te_dsp_conv_tiled.h"
#include "te_dsp_conv_window.h"

/* Where the outputs of an expanded group go: from the output's base, and from its first pixel. */
typedef struct {
    int32_t out;
    int32_t group;
    int32_t pixel_step;
    int32_t pixel_step_2;
    int32_t pixel_step_3;
} te_conv_place;

_Static_assert(sizeof(te_conv_place) == 20, "scratch has so many bytes for each");

/* Groups that are expanded, and wait for their channels. */
typedef struct {
    const te_conv2d_dsp_params *op;
    const te_conv_tiling *tiling;
    const te_conv_dots *dots;
    int32_t *tile; /* where tiles are copied to */
    int32_t *x;    /* of the first group */
    te_conv_place *places;
    int8_t *out; /* the output's base */
    int32_t count;
} te_conv_batch;

/* Computes the channels of the records of `block`, whose first one is `channel`, for all groups: the
 * channels that records leave over where `is_last`.
 */
static void te_conv_tile(const te_conv_batch *batch, te_conv_block *block, int32_t channel,
                         int32_t is_last)
{
    const te_conv_dots *const dots = batch->dots;
    const int32_t *x = batch->x;
    for (int32_t i = 0; i < batch->count; i++) {
        const te_conv_place *const place = batch->places + i;
        const te_conv_dot dot = place->group == 4   ? dots->of_4
                                : place->group == 2 ? dots->of_2
                                                    : dots->of_1;
        block->x = x;
        block->x_end = x + block->pairs * place->group;
        block->out = batch->out + place->out + channel * block->channel_step;
        block->pixel_step = place->pixel_step;
        block->pixel_step_2 = place->pixel_step_2;
        block->pixel_step_3 = place->pixel_step_3;
        if (is_last) {
            te_conv_last(batch->op, block, dot, dots->are_fours);
        } else {
            dot(block);
        }
        x = block->x_end;
    }
}

/* Computes all channels of the groups, tile by tile, and has none wait any more. */
static void te_conv_tiles(te_conv_batch *batch)
{
    const te_conv2d_dsp_params *const op = batch->op;
    const te_conv_tiling *const tiling = batch->tiling;
    te_conv_block block = te_conv_even(op->weight, op->even_words, batch->x, op->pairs);
    block.channel_step = op->channel_step;
    block.pair_step = 2 * op->channel_step;
    block.rounding = op->rounding;
    block.offset = op->offset;
    int32_t channel = 0;
    for (int32_t word = 0; word < op->even_words; word += tiling->tile_words) {
        const int32_t left = op->even_words - word;
        const int32_t words = left < tiling->tile_words ? left : tiling->tile_words;
        block.weight = op->weight + word;
        if (tiling->copies) {
            __builtin_memcpy(batch->tile, block.weight, (size_t)words * sizeof(int32_t));
            block.weight = batch->tile;
        }
        block.weight_end = block.weight + words;
        te_conv_tile(batch, &block, channel, 0);
        channel += tiling->tile_channels;
    }
    if (op->words != op->even_words) {
        block.weight_end = op->weight + op->even_words;
        te_conv_tile(batch, &block, 0, 1);
    }
    batch->count = 0;
}

/* Notes where the outputs of `group` pixels go, from pixel `ow` on of rows of which the first is at
 * `to`. Pixels of `out_w` are in one row, of a row as the output has it or of several.
 */
static void te_conv_note(te_conv_batch *batch, te_dst out, int8_t *to, int32_t out_w, int32_t ow,
                         int32_t group)
{
    const te_conv2d_dsp_params *const op = batch->op;
    te_conv_block block = {0};
    if (out_w != op->out_w && op->pixel_step != op->out_c) {
        te_conv_find(op, to, out.row_bytes, ow, group, &block);
    } else {
        block.out = to + ow * op->pixel_step;
        block.pixel_step = op->pixel_step;
        block.pixel_step_2 = group == 4 ? 2 * op->pixel_step : 0;
        block.pixel_step_3 = 3 * op->pixel_step;
    }
    const te_conv_place place = {(int32_t)(block.out - batch->out), group, block.pixel_step,
                                 block.pixel_step_2, block.pixel_step_3};
    batch->places[batch->count++] = place;
}

TE_SHARED void te_conv_rows_tiled(const te_conv2d_dsp_tiled_params *tiled, te_src in, te_dst out,
                                  int32_t first, int32_t last, int32_t *scratch,
                                  const te_conv_dots *dots)
{
    const te_conv2d_dsp_params *const op = tiled->conv;
    const te_conv_tiling *const tiling = tiled->tiling;
    const int32_t is_one_row = te_conv_is_one_row(op, in, out, first, last, !dots->are_fours);
    const int32_t end = is_one_row ? first + 1 : last;
    const int32_t out_w = is_one_row ? op->out_w * (last - first) : op->out_w;
    const int32_t is_point = te_conv_is_point(op);
    const int32_t point_step = op->stride_w * op->in_c;
    const int32_t groups = tiling->groups;
    int32_t *const first_x = scratch + (tiling->copies ? tiling->tile_words : 0);
    int32_t *x = first_x;
    te_conv_place *const places = (te_conv_place *)(first_x + op->pairs * op->group * groups);
    int8_t *const runs = (int8_t *)(places + groups);
    te_conv_batch batch = {op, tiling, dots, scratch, first_x, places, out.base, 0};
    for (int32_t oh = first; oh < end; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
        const int8_t *const from = (const int8_t *)in.base + walk.offset;
        int32_t group = op->group;
        for (int32_t ow = 0; ow < out_w; ow += group) {
            while (group > out_w - ow) {
                group = (int32_t)((uint32_t)group / 2U);
            }
            if (is_point && rows.last > 0) {
                (void)te_conv_expand(x, group, from + ow * point_step, point_step, op->in_c);
            } else {
                te_conv_gather(op, in, walk, rows, ow, group, x, runs);
            }
            te_conv_note(&batch, out, te_dst_row(out, oh), out_w, ow, group);
            x += op->pairs * group;
            if (batch.count == groups) {
                te_conv_tiles(&batch);
                x = first_x;
            }
        }
    }
    if (batch.count > 0) {
        te_conv_tiles(&batch);
    }
    for (int32_t oh = first; oh < last && (op->act_min > -128 || op->act_max < 127); oh++) {
        te_clamp_run(te_dst_row(out, oh), op->out_w * op->out_c, op->act_min, op->act_max);
    }
}
