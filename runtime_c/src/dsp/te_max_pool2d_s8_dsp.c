/* Max pooling of int8, four channels at a time, DSP extension. */
#include "te_max_pool2d_dsp.h"

#include "te_dsp.h"
#include "te_window.h"

#include <string.h>

/* Raises `channels` outputs to the elements of two pixels. */
static inline void te_max_raise(int8_t *out, const int8_t *a, const int8_t *b, int32_t channels)
{
    const int8_t *const end = out + channels;
    const int8_t *const quads = end - 3;
    while (out < quads) {
        const int32_t greater = te_max8(te_load_s8x4(a), te_load_s8x4(b));
        te_store_s8x4(out, te_max8(greater, te_load_s8x4(out)));
        a += 4;
        b += 4;
        out += 4;
    }
    while (out < end) {
        const int8_t greater = *a > *b ? *a : *b;
        *out = greater > *out ? greater : *out;
        a++;
        b++;
        out++;
    }
}

/* Computes all channels of one output pixel. `walk` stands at the first row inside the input. */
static void te_max_pool2d_pixel(const te_max_pool2d_params *op, te_src in, te_row_walk walk,
                                te_taps rows, int32_t iw, int8_t *out)
{
    const te_taps columns = te_clip_taps(iw, 1, op->kernel_w, op->in_w);
    const int32_t gap = op->channels;
    memset(out, op->act_min, (uint32_t)gap);
    for (int32_t kh = rows.first; kh < rows.last; kh++) {
        const int8_t *from = (const int8_t *)in.base + walk.offset + (iw + columns.first) * gap;
        for (int32_t kw = columns.first; kw < columns.last; kw += 2) {
            te_max_raise(out, from, kw + 1 < columns.last ? from + gap : from, gap);
            from += 2 * gap;
        }
        te_walk_on(&walk);
    }
    if (op->act_max < INT8_MAX) {
        te_clamp_run(out, gap, op->act_min, op->act_max);
    }
}

TE_SHARED void te_max_pool2d_s8_dsp(const te_max_pool2d_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last)
{
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, 1, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first, 1);
        int8_t *to = te_dst_row(out, oh);
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            te_max_pool2d_pixel(op, in, walk, rows, ow * op->stride_w - op->pad_left, to);
            to += op->channels;
        }
    }
}
