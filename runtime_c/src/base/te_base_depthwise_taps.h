/* Depthwise convolution for every shape: tap by tap, four channels at a time.
 *
 * Where the pixels of a window stand is found once for all channels; a tap outside the input sees
 * a pixel of zero points. How outputs are rounded, te_base_depthwise_taps_quads.h says.
 */
#ifndef TE_BASE_DEPTHWISE_TAPS_H
#define TE_BASE_DEPTHWISE_TAPS_H

#include "te_base_depthwise_conv2d_taps.h"
#include "te_base_depthwise_taps_quads.h"

/* Finds the pixels of the window at row `ih` and column `iw`; outside the input they are `zeros`. */
TE_NOINLINE static void te_taps_find(const te_depthwise_conv2d_taps_params *op, te_src in,
                                     int32_t ih, int32_t iw, const te_taps_block *block,
                                     const int8_t *zeros)
{
    const int8_t **tap = block->begin;
    const int32_t gap = op->dilation_w * op->in_c;
    while (tap < block->end) {
        const int32_t is_row = ih >= 0 && ih < op->in_h;
        const int8_t *const row = is_row ? te_src_row(in, ih) : zeros;
        int32_t at = iw;
        int32_t offset = iw * op->in_c;
        for (int32_t kw = 0; kw < op->kernel_w; kw++) {
            *tap++ = is_row && at >= 0 && at < op->in_w ? row + offset : zeros;
            at += op->dilation_w;
            offset += gap;
        }
        ih += op->dilation_h;
    }
}

/* Computes the channels from input channel `ic` on. */
static void te_taps_singles(const te_depthwise_conv2d_taps_params *op, const te_taps_block *block,
                            const int32_t *record, int32_t ic)
{
    const int32_t words = 3 + ((int32_t)(block->end - block->begin) + 3) / 4;
    int8_t *out = block->out + ic * op->channel_multiplier;
    for (; ic < op->in_c; ic++) {
        for (int32_t m = 0; m < op->channel_multiplier; m++) {
            const int8_t *weight = (const int8_t *)(record + 3);
            int32_t sum = record[0];
            for (const int8_t *const *tap = block->begin; tap < block->end; tap++) {
                sum += (*tap)[ic] * *weight++;
            }
            *out++ = te_taps_output(sum, record[1], record[2], block->halves);
            record += words;
        }
    }
}

/* Computes output rows [first, last). */
static inline void te_taps_rows(const te_depthwise_conv2d_taps_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last, void *scratch)
{
    const int32_t taps = op->kernel_h * op->kernel_w;
    const int32_t out_c = op->in_c * op->channel_multiplier;
    const int8_t **const begin = scratch;
    int8_t *const zeros = (int8_t *)scratch + 8 * taps;
    te_taps_block block = {
        begin, begin + taps, op->record, 4 * op->quads, 2 * op->out_zero_point + 1, 0};
    __builtin_memset(zeros, op->in_zero_point, (size_t)op->in_c);
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        int8_t *const row = te_dst_row(out, oh);
        block.out = row;
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            te_taps_find(op, in, ih, ow * op->stride_w - op->pad_left, &block, zeros);
            const int32_t *const record = op->quads > 0 ? te_taps_quads(&block) : op->record;
            te_taps_singles(op, &block, record, 4 * op->quads);
            block.out += out_c;
        }
        te_base_clamp(row, op->out_w * out_c, op->act_min, op->act_max);
    }
}

#endif
