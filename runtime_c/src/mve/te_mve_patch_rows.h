/* Depthwise convolution for MVE: expands strips of one or two output rows for the patches. */
#ifndef TE_MVE_PATCH_ROWS_H
#define TE_MVE_PATCH_ROWS_H

#include "te_mve_depthwise_call.h"
#include "te_mve_depthwise_patch.h"

#define TE_MVE_PATCH_REACH UINT16_MAX /* bytes between what is stored at a time */

/* Tells whether output row `to` overwrites what later channels or pixels still read of input row `row`.
 * Channels of both that stand in one place are the same ones, which are expanded before any is written;
 * pixels are, too, but for those to the right of a strip.
 */
static inline int32_t te_mve_patch_overtakes(const te_depthwise_conv2d_mve_params *op, uintptr_t to,
                                             uintptr_t row)
{
    const uintptr_t channels = (uintptr_t)op->channels;
    const uintptr_t apart = to > row ? to - row : row - to;
    if (to >= row + (uintptr_t)op->in_w * channels || row >= to + (uintptr_t)op->out_w * channels) {
        return 0;
    }
    return apart % channels != 0 || (op->out_w > op->strip && to > row);
}

/* Tells whether output row `next` can be computed with the one before, `to`: it is not far behind,
 * and it overwrites nothing that is still to read.
 */
static inline int32_t te_mve_patch_is_pair(const te_mve_depthwise_call *call, uintptr_t to,
                                           uintptr_t next)
{
    const te_depthwise_conv2d_mve_params *const op = call->op;
    if (next < to || next - to + 3 * (uintptr_t)op->channels > TE_MVE_PATCH_REACH) {
        return 0;
    }
    for (int32_t kh = 0; kh < op->kernel_h; kh++) {
        if (call->is_inside[kh] != 0 &&
            te_mve_patch_overtakes(op, next, (uintptr_t)call->from[kh]) != 0) {
            return 0;
        }
    }
    return 1;
}

/* Sets where outputs of four columns stand: in one row and, `to_second` bytes further, in the one
 * behind it, or with 0 in one row alone.
 */
static inline void te_mve_patch_place(te_mve_patch *block, int32_t to_second, int32_t channels)
{
    TE_ASSUME(to_second >= 0);
    if (block->to_second == to_second) {
        return;
    }
    block->rows = to_second != 0 ? 2 : 1;
    block->to_second = to_second;
    for (int32_t lane = 0; lane < 4; lane++) {
        const int32_t at = ((lane & 1) * 2 + lane / 2) * channels;
        block->places[2 * lane] = (uint16_t)at;
        block->places[2 * lane + 1] = (uint16_t)(to_second != 0 ? to_second + at : 0);
    }
}

/* Sets how many columns the block has. */
static inline void te_mve_patch_columns(te_mve_patch *block, int32_t pixels)
{
    static const uint16_t lanes[4] = {0, 0xf, 0xf0f, 0xfff};
    const int32_t rest = pixels & 3;
    const int32_t read = rest == 1 ? pixels + 1 : (pixels + 3) & ~3;
    block->quads = pixels >> 2;
    block->rest = rest;
    block->lanes = lanes[rest];
    block->back = block->quads * block->out_step - 1;
    block->words_back = read * TE_MVE_WORDS_NBYTES - 4;
}

/* Prepares a strip of `pixels` pixels from `ow` on, whose first columns are the last ones of the strip
 * before. Gives how many columns there are to expand.
 */
static inline int32_t te_mve_patch_strip(const te_mve_depthwise_call *call, int32_t ow,
                                         int32_t pixels, te_mve_depthwise_rows *rows)
{
    const te_depthwise_conv2d_mve_params *const op = call->op;
    const int32_t shared = ow == 0 ? 0 : op->kernel_w - 1;
    te_mve_copy(call->columns, call->columns + op->strip * TE_MVE_WORDS_NBYTES,
                shared * TE_MVE_WORDS_NBYTES);
    return te_mve_depthwise_columns(call, ow - op->pad_left + shared,
                                    pixels + op->kernel_w - 1 - shared,
                                    call->columns + shared * TE_MVE_WORDS_NBYTES, rows);
}

/* Computes the rows that `block` has places for from `to` on: all columns of the same channels. Those
 * of the only strip are prepared for all channels at once.
 */
static TE_NOINLINE void te_mve_patch_row(te_mve_depthwise_call *call, te_mve_patch *block,
                                         int8_t *to)
{
    const te_depthwise_conv2d_mve_params *const op = call->op;
#if defined(__clang_analyzer__)
    te_mve_depthwise_rows rows = {{0}}; /* it forgets that `inside` rows are set */
#else
    te_mve_depthwise_rows rows;
#endif
    int32_t inside = 0;
    block->weight = op->weight;
    for (call->first = 0; call->first < op->channels; call->first += TE_MVE_LANES) {
        const int32_t left = op->channels - call->first;
        rows.lanes = left < TE_MVE_LANES ? left : TE_MVE_LANES;
        block->weight_end = block->weight + rows.lanes * TE_MVE_PATCH_RECORD;
        block->out = to + call->first;
        for (int32_t ow = 0; ow < op->out_w; ow += op->strip) {
            if (call->first == 0 || op->out_w > op->strip) {
                const int32_t pixels = op->out_w - ow < op->strip ? op->out_w - ow : op->strip;
                inside = te_mve_patch_strip(call, ow, pixels, &rows);
                te_mve_patch_columns(block, pixels);
            }
            if (inside > 0) {
                op->expand(&rows);
            }
            te_mve_patch_dot(block);
            block->out += op->strip * op->channels;
        }
        block->weight = block->weight_end;
    }
}

/* Computes output rows [first, last), two at a time where it can. */
static inline void te_mve_patches(const te_depthwise_conv2d_mve_params *op, te_src in, te_dst out,
                                  int32_t first, int32_t last, void *scratch)
{
    te_mve_depthwise_call call;
    te_mve_patch block;
    te_mve_depthwise_begin(&call, op, in, scratch);
    block.words = call.columns;
    block.out_step = 4 * op->channels;
    block.zero_point = op->out_zero_point;
    block.to_second = -1;
    for (int32_t oh = first; oh < last; oh += block.rows) {
        int8_t *const to = te_dst_row(out, oh);
        const int8_t *const next = oh + 1 < last ? te_dst_row(out, oh + 1) : 0;
        te_mve_depthwise_find(&call, oh, op->kernel_h + 1);
        const int32_t is_pair =
            next != 0 ? te_mve_patch_is_pair(&call, (uintptr_t)to, (uintptr_t)next) : 0;
        te_mve_patch_place(&block, is_pair != 0 ? (int32_t)(next - to) : 0, op->channels);
        te_mve_patch_row(&call, &block, to);
    }
}

#endif
