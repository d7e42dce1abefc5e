/* The loops of average pooling into a single output row, one input row after the other. */
#ifndef TE_AVERAGE_POOL2D_SUMS_H
#define TE_AVERAGE_POOL2D_SUMS_H

#include "te_average_pool2d.h"
#include "te_requantize.h"
#include "te_window.h"

#include <string.h>

/* Adds all channels of a run of pixels to their sums. */
typedef void (*te_add_channels)(const int8_t *from, int32_t pixels, int32_t channels,
                                int32_t *sums);

/* Adds what the windows see of one input row. */
static inline void te_average_pool2d_add_row(const te_average_pool2d_params *op, const int8_t *in,
                                             int32_t *sums, te_add_channels add)
{
    const int32_t channels = op->channels;
    for (int32_t ow = 0; ow < op->out_w; ow++) {
        const int32_t iw = ow * op->stride_w - op->pad_left;
        const te_taps columns = te_clip_taps(iw, 1, op->kernel_w, op->in_w);
        const int8_t *const from = in + (iw + columns.first) * channels;
        add(from, columns.last - columns.first, channels, sums);
        sums += channels;
    }
}

/* Writes the means of windows of `rows` rows. */
static inline void te_average_pool2d_finish(const te_average_pool2d_params *op, int32_t rows,
                                            const int32_t *sums, int8_t *out)
{
    for (int32_t ow = 0; ow < op->out_w; ow++) {
        const int32_t iw = ow * op->stride_w - op->pad_left;
        const te_taps columns = te_clip_taps(iw, 1, op->kernel_w, op->in_w);
        const int32_t count = rows * (columns.last - columns.first);
        TE_ASSUME(count > 0);
        for (int32_t c = 0; c < op->channels; c++) {
            const int32_t sum = *sums++;
            const int32_t half = sum > 0 ? count / 2 : -(count / 2);
            *out++ = (int8_t)te_clamp((sum + half) / count, op->act_min, op->act_max);
        }
    }
}

/* Consumes input rows [first, last), see te_average_pool2d_accumulate.h. */
static inline void te_average_pool2d_sum_rows(const te_average_pool2d_params *op, te_src in,
                                              te_dst out, int32_t first, int32_t last,
                                              int32_t *sums, te_add_channels add)
{
    const te_taps rows = te_clip_taps(-op->pad_top, 1, op->kernel_h, op->in_h);
    if (first >= last) {
        return;
    }
    if (first == 0) {
        memset(sums, 0, (uint32_t)(op->out_w * op->channels) * sizeof *sums);
    }
    for (int32_t ih = first; ih < last; ih++) {
        const int32_t tap = ih + op->pad_top;
        if (tap >= rows.first && tap < rows.last) {
            te_average_pool2d_add_row(op, te_src_row(in, ih), sums, add);
        }
    }
    if (last == op->in_h) {
        te_average_pool2d_finish(op, rows.last - rows.first, sums, te_dst_row(out, 0));
    }
}

#endif
