/* Depthwise convolution of columns for MVE: finds the pixels of every window. */
#ifndef TE_MVE_COLUMN_ROWS_H
#define TE_MVE_COLUMN_ROWS_H

#include "te_mve_depthwise_column.h"
#include "te_mve_depthwise_conv2d.h"
#include "te_rows.h"
#include "te_window.h"

typedef void (*te_mve_column_fn)(const te_mve_column *column);

/* Finds the pixels of the window of output row `oh`; those outside the input are `padding`. A pixel
 * behind an odd number of them is left alone.
 */
static inline void te_mve_column_find(const te_depthwise_conv2d_mve_params *op, te_src in,
                                      int32_t oh, const int8_t *padding, const int8_t **rows)
{
    const int32_t ih = oh * op->stride_h - op->pad_top;
    const te_taps taps = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
    te_row_walk walk = te_walk_rows(in, ih + taps.first * op->dilation_h, op->dilation_h);
    if (taps.last - taps.first < op->kernel_h) {
        for (int32_t kh = 0; kh < op->kernel_h; kh++) {
            rows[kh] = padding;
        }
    }
    for (int32_t kh = taps.first; kh < taps.last; kh++) {
        rows[kh] = (const int8_t *)in.base + walk.offset;
        te_walk_on(&walk);
    }
}

/* Computes output rows [first, last). */
static inline void te_mve_column_rows(const te_depthwise_conv2d_mve_params *op, te_src in,
                                      te_dst out, int32_t first, int32_t last, void *scratch,
                                      te_mve_column_fn dot)
{
    const int8_t *rows[TE_MVE_COLUMN_HEIGHT];
    te_mve_column column = {op->weight,  rows,         (op->kernel_h + 1) / 2,
                            0,           op->channels, op->out_zero_point,
                            op->act_min, op->act_max};
    te_mve_fill(scratch, op->in_zero_point, op->channels);
    rows[2 * column.pairs - 1] = scratch;
    for (int32_t oh = first; oh < last; oh++) {
        te_mve_column_find(op, in, oh, scratch, rows);
        column.out = te_dst_row(out, oh);
        dot(&column);
    }
}

#endif
