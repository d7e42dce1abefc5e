/* Two-dimensional convolution of int8 for the DSP extension, which skips weights that are 0. */
#include <stddef.h>

#include "te_dsp_sparse.h"
#include "te_window.h"

/* Tells whether windows are one tap that never lies outside the input. */
static inline int32_t te_sparse_is_point(const te_conv2d_dsp_sparse_params *op)
{
    return op->kernel_h == 1 && op->kernel_w == 1 && op->pad_top == 0 && op->pad_left == 0 &&
           (op->out_w - 1) * op->stride_w < op->in_w;
}

/* Gives where the taps of a kernel row of output column `ow` stand side by side, of input row `row`:
 * there, or in `run`, with padding for those outside. Windows of one tap are inside always.
 */
static inline const int8_t *te_sparse_run(const te_conv2d_dsp_sparse_params *op, const int8_t *row,
                                          int32_t ow, int8_t *run)
{
    const int32_t in_c = op->in_c;
    const int32_t iw = ow * op->stride_w - op->pad_left;
    if (te_sparse_is_point(op) ||
        (op->dilation_w == 1 && iw >= 0 && iw + op->kernel_w <= op->in_w)) {
        return row + iw * in_c;
    }
    const te_taps inside = te_clip_taps(iw, op->dilation_w, op->kernel_w, op->in_w);
    __builtin_memset(run, op->in_zero_point, (size_t)(op->kernel_w * in_c));
    for (int32_t kw = inside.first; kw < inside.last; kw++) {
        __builtin_memcpy(run + kw * in_c, row + (iw + kw * op->dilation_w) * in_c, (size_t)in_c);
    }
    return run;
}

/* Expands the windows of `pixels` pixels from output column `ow` on, for `places` of them: in the
 * others, which nobody sees, the last pixel stands again. `walk` stands at the first kernel row
 * inside the input. `runs` has place for a kernel row's taps of two pixels.
 */
static inline void te_sparse_gather(const te_conv2d_dsp_sparse_params *op, te_src in,
                                    te_row_walk walk, te_taps rows, int32_t ow, int32_t pixels,
                                    int32_t places, int32_t *x, int8_t *runs)
{
    const int32_t count = op->kernel_w * op->in_c;
    const int32_t words = count * places / 2;
    x = te_sparse_fill(x, rows.first * words, op->in_zero_point);
    for (int32_t kh = rows.first; kh < rows.last; kh++) {
        const int8_t *const row = (const int8_t *)in.base + walk.offset;
        for (int32_t place = 0; place < places; place += 2) {
            const int32_t a = ow + (place < pixels ? place : pixels - 1);
            const int32_t b = ow + (place + 1 < pixels ? place + 1 : pixels - 1);
            const int8_t *const p = te_sparse_run(op, row, a, runs);
            const int8_t *const q = te_sparse_run(op, row, b, runs + count);
            if (places == 8) {
                te_sparse_expand(x + place / 2, 4, p, q, count);
            } else {
                te_sparse_expand(x + place / 2, 2, p, q, count);
            }
        }
        x += words;
        te_walk_on(&walk);
    }
    (void)te_sparse_fill(x, (op->kernel_h - rows.last) * words, op->in_zero_point);
}

/* Tells whether rows [first, last) of a point stand side by side as pixels, and have rows of the output
 * one behind the other: then they are one long row.
 */
static inline int32_t te_sparse_is_one_row(const te_conv2d_dsp_sparse_params *op, te_src in,
                                           te_dst out, int32_t first, int32_t last)
{
    const int32_t rows = last - first;
    return rows > 1 && te_sparse_is_point(op) && op->stride_h == 1 && op->stride_w == 1 &&
           op->in_w == op->out_w && last <= op->in_h && in.row_bytes == op->in_w * op->in_c &&
           te_ring_index(first, in.rows) + rows <= in.rows &&
           te_ring_index(first, out.rows) + rows <= out.rows;
}

/* Finds where the outputs of `pixels` pixels from `pixel` on go, of rows of which the first is at `to`;
 * the last one's also for the places behind it.
 */
static inline void te_sparse_find(const te_conv2d_dsp_sparse_params *op, int8_t *to,
                                  int32_t row_bytes, int32_t pixel, int32_t pixels,
                                  te_sparse_block *block)
{
    const int32_t row = pixel / op->out_w;
    int32_t column = pixel - row * op->out_w;
    int32_t step = 0;
    block->out = to + row * row_bytes + column * op->pixel_step;
    for (int32_t place = 1; place < 8; place++) {
        if (place < pixels) {
            column++;
            step += op->pixel_step;
            if (column == op->out_w) {
                column = 0;
                step += row_bytes - op->out_w * op->pixel_step;
            }
        }
        *(place == 1 ? &block->step : &block->further[place - 2]) = step;
    }
}

/* Clamps `rows` output rows from `oh` on. */
static inline void te_sparse_clamp(const te_conv2d_dsp_sparse_params *op, te_dst out, int32_t oh,
                                   int32_t rows)
{
    for (int32_t row = oh; row < oh + rows && (op->act_min > -128 || op->act_max < 127); row++) {
        te_clamp_run(te_dst_row(out, row), op->out_w * op->out_c, op->act_min, op->act_max);
    }
}

/* Computes `rows` output rows, one long one, from row `oh` on. */
static inline void te_sparse_rows(const te_conv2d_dsp_sparse_params *op, te_src in, te_dst out,
                                  int32_t oh, int32_t rows, te_sparse_block *block, int32_t *x,
                                  int8_t *runs)
{
    const int32_t out_w = op->out_w * rows;
    const int32_t ih = oh * op->stride_h - op->pad_top;
    const te_taps inside = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
    const te_row_walk walk = te_walk_rows(in, ih + inside.first * op->dilation_h, op->dilation_h);
    for (int32_t ow = 0; ow < out_w; ow += op->group) {
        const int32_t left = out_w - ow;
        const int32_t pixels = left < op->group ? left : op->group;
        te_sparse_gather(op, in, walk, inside, ow, pixels, pixels > 4 ? 8 : 4, x, runs);
        te_sparse_find(op, te_dst_row(out, oh), out.row_bytes, ow, pixels, block);
        if (pixels > 4) {
            te_sparse_dot_8(block);
        } else {
            te_sparse_dot_4(block);
        }
    }
    te_sparse_clamp(op, out, oh, rows);
}

TE_SHARED void te_conv2d_s8_dsp_sparse(const te_conv2d_dsp_sparse_params *op, te_src in, te_dst out,
                                       int32_t first, int32_t last, void *scratch)
{
    const int32_t rows = te_sparse_is_one_row(op, in, out, first, last) ? last - first : 1;
    const int32_t taps = op->kernel_h * op->kernel_w * op->in_c;
    int32_t *const x = scratch;
    te_sparse_block block = {
        .taps = op->taps,
        .factor = op->factor,
        .factor_end = op->factor + TE_SPARSE_FACTORS * op->out_c,
        .x = x,
        .channel_step = op->channel_step,
        .rounding = op->rounding,
        .offset = op->offset,
    };
    for (int32_t oh = first; oh < last; oh += rows) {
        te_sparse_rows(op, in, out, oh, rows, &block, x, (int8_t *)(x + taps * op->group / 2));
    }
}
