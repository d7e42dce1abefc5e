/* Convolution for MVE: what a call begins with, runs of pairs of pixels, and channels that do not
 * fill a record.
 */
#include "te_mve_conv.h"

/* Sets what a call begins with. */
TE_SHARED void te_mve_conv_begin(te_mve_conv_call *call, int8_t *scratch)
{
    const te_conv2d_mve_params *const op = call->op;
    te_mve_conv_block *const block = &call->block;
    const int32_t is_short = op->blocks <= TE_MVE_SHORT;
    const int32_t rounds = is_short != 0 ? 1 : (op->blocks + TE_MVE_UNROLLED - 2) / TE_MVE_UNROLLED;
    const int32_t skipped = rounds * TE_MVE_UNROLLED - (op->blocks - 1);
    const int32_t nbytes = TE_MVE_TAPS * op->blocks;
    const int32_t quads = op->out_c / TE_MVE_CHANNELS;
    block->rounds = rounds;
    block->skipped_nbytes = skipped * TE_MVE_BLOCK_CODE;
    block->weight = op->weight;
    block->weight_end = op->weight + quads * op->words;
    block->x_step = 2 * op->stride_w * op->in_c;
    block->out_step = 2 * op->out_c - quads * TE_MVE_CHANNELS;
    block->zero_point = op->out_zero_point;
    block->act_min = op->act_min;
    block->act_max = op->act_max;
    block->to_centre = nbytes - 2 * TE_MVE_TAPS;
    call->dot = op->dot;
    call->nbytes = nbytes;
    call->whole = quads * TE_MVE_CHANNELS;
    call->windows[0] = scratch;
    call->windows[1] = scratch + nbytes;
    call->spare = scratch + 2 * nbytes;
    call->last = scratch + 3 * nbytes;
    call->waiting = 0;
}

/* Finds where output row `oh` reads and writes. */
TE_SHARED void te_mve_conv_find(const te_mve_conv_call *call, int32_t oh, te_mve_conv_row *row)
{
    const te_conv2d_mve_params *const op = call->op;
    const int32_t ih = oh * op->stride_h - op->pad_top;
    const te_taps taps = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
    const te_row_walk walk =
        te_walk_rows(call->in, ih + taps.first * op->dilation_h, op->dilation_h);
    const int32_t count = taps.last - taps.first;
    const int32_t reach = walk.end - walk.offset;
    const int32_t before =
        (count - 1) * walk.step < reach ? count : (reach + walk.step - 1) / walk.step;
    row->from = (const int8_t *)call->in.base + walk.offset;
    row->taps = taps;
    row->walk = walk;
    row->rows[0] = before;
    row->rows[1] = count - before;
    row->to = te_dst_row(call->out, oh);
    row->in_w = op->in_w;
    row->out_w = op->out_w;
}

/* Computes the channels that do not fill a record, of one pair; they are stored behind the windows
 * first.
 */
TE_SHARED void te_mve_conv_rest(const te_mve_conv_call *call)
{
    const te_conv2d_mve_params *const op = call->op;
    const int32_t rest = op->out_c - call->whole;
    te_mve_conv_block block = call->block;
    block.weight = block.weight_end;
    block.weight_end += op->words;
    block.out_0 = call->last;
    block.out_1 = call->last + TE_MVE_CHANNELS;
    call->dot(&block);
    te_mve_copy(call->block.out_0 + call->whole, call->last, rest);
    te_mve_copy(call->block.out_1 + call->whole, call->last + TE_MVE_CHANNELS, rest);
}

/* Computes all channels of the pair that the block has. */
TE_SHARED void te_mve_conv_pixels(te_mve_conv_call *call)
{
    call->block.pairs = 1;
    te_mve_conv_channels(call);
}

/* Computes the channels that do not fill a record, of `pairs` pairs that another follows. They are
 * stored with bytes that belong to the next pixel, which is computed after that.
 */
static TE_NOINLINE void te_mve_conv_rests(const te_mve_conv_call *call, int32_t pairs)
{
    te_mve_conv_block block = call->block;
    block.weight = block.weight_end;
    block.weight_end += call->op->words;
    block.out_0 += call->whole;
    block.out_1 += call->whole;
    block.out_step += call->whole - TE_MVE_CHANNELS;
    block.pairs = pairs;
    call->dot(&block);
}

/* Sets the block to the pair that is `pairs` further. */
static inline void te_mve_conv_on(te_mve_conv_call *call, int32_t pairs)
{
    te_mve_conv_block *const block = &call->block;
    block->x_0 += pairs * block->x_step;
    block->x_1 += pairs * block->x_step;
    block->out_0 += pairs * (call->whole + block->out_step);
    block->out_1 += pairs * (call->whole + block->out_step);
}

/* Computes all channels of `pairs` pairs from the one that the block has on, left to right; nothing
 * that is still to read stands where they go.
 */
TE_SHARED void te_mve_conv_many(te_mve_conv_call *call, int32_t pairs)
{
    te_mve_conv_block *const block = &call->block;
    const int32_t rest = call->op->out_c - call->whole;
    const int32_t alone = rest > 0 ? (rest < TE_MVE_CHANNELS - call->op->out_c ? pairs : 1) : 0;
    const int32_t others = pairs - alone;
    if (others > 0) {
        if (rest > 0) {
            te_mve_conv_rests(call, others);
        }
        if (call->whole > 0) {
            block->pairs = others;
            call->dot(block);
        }
        te_mve_conv_on(call, others);
    }
    block->pairs = 1;
    for (int32_t pair = others < 0 ? 0 : others; pair < pairs; pair++) {
        te_mve_conv_channels(call);
        te_mve_conv_on(call, 1);
    }
}
