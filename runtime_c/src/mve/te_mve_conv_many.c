/* Convolution for MVE: runs of pairs of pixels, and channels that do not fill a record. */
#include "te_mve_conv.h"

/* Computes the channels that do not fill a record, of one pair; they are stored behind the windows
 * first.
 */
TE_SHARED void te_mve_conv_rest(te_mve_conv_call *call)
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
    for (int32_t pair = others < 0 ? 0 : others; pair < pairs; pair++) {
        te_mve_conv_pixels(call);
        te_mve_conv_on(call, 1);
    }
}
