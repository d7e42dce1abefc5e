/* Depthwise convolution for MVE: expands strips of rows for the dot products. */
#ifndef TE_MVE_DEPTHWISE_H
#define TE_MVE_DEPTHWISE_H

#include "te_mve_depthwise_call.h"
#include "te_mve_depthwise_dot.h"

typedef void (*te_mve_depthwise_dots)(const te_mve_depthwise_block *block);

/* Expands the next `lanes` channels of all planes. */
static inline void te_mve_depthwise_planes(const te_mve_depthwise_call *call, int32_t lanes,
                                           te_mve_depthwise_rows *rows)
{
    const int32_t last = call->planes - 1;
    TE_ASSUME(last >= 0 && last < TE_MVE_GREATEST_HEIGHT / 4);
    for (int32_t plane = 0; plane < last; plane++) {
        rows[plane].lanes = lanes;
        te_mve_depthwise_expand_4(&rows[plane]);
    }
    rows[last].lanes = lanes;
    call->op->expand(&rows[last]);
}

/* Computes all channels of `pixels` output pixels of a row, 16 at a time. */
static TE_NOINLINE void te_mve_depthwise_strip(const te_mve_depthwise_call *call, int32_t ow,
                                               int32_t *sums, int8_t *out,
                                               te_mve_depthwise_dots dots)
{
    const te_depthwise_conv2d_mve_params *const op = call->op;
#if defined(__clang_analyzer__)
    te_mve_depthwise_rows rows[TE_MVE_GREATEST_HEIGHT / 4] = {
        {{0}}}; /* it forgets that `inside` rows are set */
#else
    te_mve_depthwise_rows rows[TE_MVE_GREATEST_HEIGHT / 4];
#endif
    const int32_t pixels = op->out_w - ow < op->strip ? op->out_w - ow : op->strip;
    const int32_t iw = ow * op->stride_w - op->pad_left;
    const int32_t columns = (pixels - 1) * op->stride_w + op->kernel_w;
    const int32_t inside = te_mve_depthwise_columns(call, iw, columns, call->columns, rows);
    te_mve_depthwise_block block = {
        .words = call->columns,
        .word_step = TE_MVE_WORDS_NBYTES,
        .step = call->planes * op->stride_w * TE_MVE_WORDS_NBYTES,
        .pixels = pixels,
        .weight = op->weight,
        .sums = sums,
        .out = out,
        .out_step = op->channels,
        .zero_point = op->out_zero_point,
        .act_min = op->act_min,
        .act_max = op->act_max,
        .is_signed = op->is_signed,
    };
    for (int32_t left = op->channels; left > 0; left -= TE_MVE_LANES) {
        block.channels = left < TE_MVE_LANES ? left : TE_MVE_LANES;
        if (inside > 0) {
            te_mve_depthwise_planes(call, block.channels, rows);
        }
        dots(&block);
        block.weight += TE_MVE_LANES / TE_MVE_QUAD * op->words;
        block.out += TE_MVE_LANES;
    }
}

/* Computes output rows [first, last). */
static inline void te_mve_depthwise(const te_depthwise_conv2d_mve_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last, int32_t *scratch,
                                    te_mve_depthwise_dots dots)
{
    te_mve_depthwise_call call;
    te_mve_depthwise_begin(&call, op, in, (int8_t *)(scratch + TE_MVE_QUAD * op->strip));
    for (int32_t oh = first; oh < last; oh++) {
        int8_t *const to = te_dst_row(out, oh);
        te_mve_depthwise_find(&call, oh, op->kernel_h);
        for (int32_t ow = 0; ow < op->out_w; ow += op->strip) {
            te_mve_depthwise_strip(&call, ow, scratch, to + ow * op->channels, dots);
        }
    }
}

#endif
