/* Depthwise convolution for MVE: expands strips of rows for the dot products. */
#ifndef TE_MVE_DEPTHWISE_H
#define TE_MVE_DEPTHWISE_H

#include "te_mve_depthwise_conv2d.h"
#include "te_mve_depthwise_dot.h"
#include "te_rows.h"
#include "te_window.h"

#define TE_MVE_GREATEST_HEIGHT 16

typedef void (*te_mve_depthwise_dots)(const te_mve_depthwise_block *block);
typedef void (*te_mve_depthwise_expansion)(te_mve_depthwise_rows *rows);

/* What a call works with, and the kernel rows of an output row. */
typedef struct {
    const te_depthwise_conv2d_mve_params *op;
    void (*dots)(const te_mve_depthwise_block *block);
    void (*last_expansion)(te_mve_depthwise_rows *rows); /* of the last plane, others have 4 rows */
    int32_t planes;                                      /* words of a column of a channel */
    const int8_t *from[TE_MVE_GREATEST_HEIGHT];
    int32_t is_inside[TE_MVE_GREATEST_HEIGHT]; /* 0 for a row of padding, one pixel for all */
    int32_t *sums;                             /* [strip, 4] */
    int8_t *padding;                           /* 16 bytes of the input's zero point */
    int8_t *columns; /* words of the columns of a strip, and 192 bytes behind */
} te_mve_depthwise_call;

static inline te_mve_depthwise_expansion te_mve_depthwise_expansion_of(int32_t rows)
{
    switch (rows) {
    case 1:
        return te_mve_depthwise_expand_1;
    case 2:
        return te_mve_depthwise_expand_2;
    case 3:
        return te_mve_depthwise_expand_3;
    default:
        return te_mve_depthwise_expand_4;
    }
}

/* Finds `height` rows of the input from the first kernel row of output row `oh` on. */
static inline void te_mve_depthwise_find(te_mve_depthwise_call *call, te_src in, int32_t oh,
                                         int32_t height)
{
    const te_depthwise_conv2d_mve_params *const op = call->op;
    const int32_t ih = oh * op->stride_h - op->pad_top;
    const te_taps taps = te_clip_taps(ih, op->dilation_h, height, op->in_h);
    te_row_walk walk = te_walk_rows(in, ih + taps.first * op->dilation_h, op->dilation_h);
    for (int32_t kh = 0; kh < 4 * call->planes; kh++) {
        call->is_inside[kh] = kh >= taps.first && kh < taps.last;
        call->from[kh] = call->padding;
        if (call->is_inside[kh] != 0) {
            call->from[kh] = (const int8_t *)in.base + walk.offset;
            te_walk_on(&walk);
        }
    }
}

/* Prepares the expansion of one word of every column from `iw` on, `columns` of them. */
static inline void te_mve_depthwise_prepare(const te_mve_depthwise_call *call, int32_t plane,
                                            int32_t iw, int32_t columns, int8_t *to,
                                            te_mve_depthwise_rows *rows)
{
    for (int32_t i = 0; i < 4; i++) {
        const int32_t is_inside = call->is_inside[4 * plane + i];
        const int32_t step = is_inside != 0 ? call->op->channels : 0;
        rows->from[i] = call->from[4 * plane + i] + iw * step;
        rows->step[i] = step;
        rows->next[i] = is_inside != 0 ? TE_MVE_LANES : 0;
    }
    rows->to = to + plane * TE_MVE_WORDS_NBYTES;
    rows->to_step = call->planes * TE_MVE_WORDS_NBYTES;
    rows->columns = columns;
}

/* Prepares the expansion of `count` columns from column `iw` on to `columns`, and fills those outside
 * the input. Gives how many are inside.
 */
static inline int32_t te_mve_depthwise_columns(const te_mve_depthwise_call *call, int32_t iw,
                                               int32_t count, int8_t *columns,
                                               te_mve_depthwise_rows *rows)
{
    const te_depthwise_conv2d_mve_params *const op = call->op;
    const int32_t column_nbytes = call->planes * TE_MVE_WORDS_NBYTES;
    const int32_t left = te_clamp(-iw, 0, count);
    const int32_t right = te_clamp(iw + count - op->in_w, 0, count - left);
    const int32_t inside = count - left - right;
    int8_t *const to = columns + left * column_nbytes;
    if (left > 0) {
        te_mve_fill(columns, op->in_zero_point, left * column_nbytes);
    }
    if (right > 0) {
        te_mve_fill(to + inside * column_nbytes, op->in_zero_point, right * column_nbytes);
    }
    for (int32_t plane = 0; plane < call->planes && inside > 0; plane++) {
        te_mve_depthwise_prepare(call, plane, iw + left, inside, to, &rows[plane]);
    }
    return inside;
}

/* Expands the next `lanes` channels of all planes. */
static inline void te_mve_depthwise_planes(const te_mve_depthwise_call *call, int32_t lanes,
                                           te_mve_depthwise_rows *rows)
{
    const int32_t last = call->planes - 1;
    for (int32_t plane = 0; plane < last; plane++) {
        rows[plane].lanes = lanes;
        te_mve_depthwise_expand_4(&rows[plane]);
    }
    rows[last].lanes = lanes;
    call->last_expansion(&rows[last]);
}

/* Computes all channels of `pixels` output pixels of a row, 16 at a time. */
static TE_NOINLINE void te_mve_depthwise_strip(const te_mve_depthwise_call *call, int32_t ow,
                                               int32_t pixels, int8_t *out)
{
    const te_depthwise_conv2d_mve_params *const op = call->op;
#if defined(__clang_analyzer__)
    te_mve_depthwise_rows rows[TE_MVE_GREATEST_HEIGHT / 4] = {
        {{0}}}; /* it forgets that `inside` rows are set */
#else
    te_mve_depthwise_rows rows[TE_MVE_GREATEST_HEIGHT / 4];
#endif
    const int32_t iw = ow * op->stride_w - op->pad_left;
    const int32_t columns = (pixels - 1) * op->stride_w + op->kernel_w;
    const int32_t inside = te_mve_depthwise_columns(call, iw, columns, call->columns, rows);
    te_mve_depthwise_block block = {
        .words = call->columns,
        .word_step = TE_MVE_WORDS_NBYTES,
        .step = call->planes * op->stride_w * TE_MVE_WORDS_NBYTES,
        .pixels = pixels,
        .channels = TE_MVE_LANES,
        .weight = op->weight,
        .sums = call->sums,
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
        call->dots(&block);
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
    call.op = op;
    call.dots = dots;
    call.planes = (op->kernel_h + 3) / 4;
    TE_ASSUME(call.planes > 0 && 4 * call.planes > 3);
    call.last_expansion = te_mve_depthwise_expansion_of(op->kernel_h - 4 * (call.planes - 1));
    call.sums = scratch;
    call.padding = (int8_t *)(scratch + TE_MVE_QUAD * op->strip);
    call.columns = call.padding + TE_MVE_LANES;
    te_mve_fill(call.padding, op->in_zero_point, TE_MVE_LANES);
    for (int32_t oh = first; oh < last; oh++) {
        int8_t *const to = te_dst_row(out, oh);
        te_mve_depthwise_find(&call, in, oh, op->kernel_h);
        for (int32_t ow = 0; ow < op->out_w; ow += op->strip) {
            const int32_t pixels = op->out_w - ow < op->strip ? op->out_w - ow : op->strip;
            te_mve_depthwise_strip(&call, ow, pixels, to + ow * op->channels);
        }
    }
}

#endif
