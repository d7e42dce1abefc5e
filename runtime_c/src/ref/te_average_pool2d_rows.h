/* The loops of average pooling of int8. `goes_up` is a constant: 1 where halves are rounded up, 0
 * where they go away from zero.
 */
#ifndef TE_AVERAGE_POOL2D_ROWS_H
#define TE_AVERAGE_POOL2D_ROWS_H

#include "te_average_pool2d.h"

#include "te_requantize.h"
#include "te_window.h"

/* Sum of one channel over `rows` by `columns` elements; `column` is the first one in bytes. */
static inline int32_t te_average_pool2d_sum(te_src in, te_row_walk walk, int32_t column,
                                            int32_t rows, int32_t columns, int32_t gap)
{
    int32_t sum = 0;
    for (int32_t kh = 0; kh < rows; kh++) {
        const int8_t *const from = (const int8_t *)in.base + walk.offset + column;
        int32_t at = 0;
        for (int32_t kw = 0; kw < columns; kw++) {
            sum += from[at];
            at += gap;
        }
        te_walk_on(&walk);
    }
    return sum;
}

/* Computes all channels of one output pixel. `walk` stands at the first row inside the input. */
static inline void te_average_pool2d_pixel(const te_average_pool2d_params *op, te_src in,
                                           te_row_walk walk, te_taps rows, int32_t iw, int8_t *out,
                                           int32_t goes_up)
{
    const te_taps columns = te_clip_taps(iw, 1, op->kernel_w, op->in_w);
    const int32_t tap_rows = rows.last - rows.first;
    const int32_t tap_columns = columns.last - columns.first;
    const int32_t count = tap_rows * tap_columns;
    TE_ASSUME(count > 0);
    const int32_t column = (iw + columns.first) * op->channels;
    for (int32_t c = 0; c < op->channels; c++) {
        const int32_t sum =
            te_average_pool2d_sum(in, walk, column + c, tap_rows, tap_columns, op->channels);
        const int32_t half = sum > 0 ? count / 2 : -((count - goes_up) / 2);
        out[c] = (int8_t)te_clamp((sum + half) / count, op->act_min, op->act_max);
    }
}

/* Computes output rows [first, last). */
static inline void te_average_pool2d_rows(const te_average_pool2d_params *op, te_src in, te_dst out,
                                          int32_t first, int32_t last, int32_t goes_up)
{
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, 1, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first, 1);
        int8_t *to = te_dst_row(out, oh);
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            te_average_pool2d_pixel(op, in, walk, rows, ow * op->stride_w - op->pad_left, to,
                                    goes_up);
            to += op->channels;
        }
    }
}

#endif
