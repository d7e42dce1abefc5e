/* Convolution for MVE: finds the windows of every two pixels for the dot products.
 *
 * Pixels are taken two at a time, across the ends of rows. Their windows are copied to the scratch;
 * those of one pixel are read where they are, unless the output overlaps them.
 */
#ifndef TE_MVE_CONV_H
#define TE_MVE_CONV_H

#include "te_mve_conv2d.h"
#include "te_mve_conv_dot.h"
#include "te_mve_conv_gather.h"

#define TE_MVE_SMALL_ROW 4 /* pixels up to which copying them costs less than taking rows apart */

/* What a call works with. */
typedef struct {
    const te_conv2d_mve_params *op;
    te_src in;
    te_dst out;
    te_mve_conv_block block;
    void (*dot)(const te_mve_conv_block *block);
    int32_t nbytes;     /* of a window, filled up */
    int32_t whole;      /* output channels in records of four */
    int8_t *windows[2]; /* scratch, for a pair */
    int8_t *spare;      /* and for a pixel that waits for another */
    int8_t *last;       /* behind them, eight bytes */
    int8_t *waiting;    /* the output pixel whose window is in `spare`, or null */
} te_mve_conv_call;

/* The kernel rows of an output row. */
typedef struct {
    const int8_t *from; /* the first one inside the input */
    te_taps taps;       /* those inside */
    te_row_walk walk;   /* at the first of them */
    int32_t rows[2];    /* of them, up to the end of the ring and from its start */
    int8_t *to;         /* the output row */
    int32_t in_w;
    int32_t out_w;
} te_mve_conv_row;

/* Sets what a call that has its operator begins with. */
void te_mve_conv_begin(te_mve_conv_call *call, int8_t *scratch);

/* Finds where output row `oh` reads and writes. */
void te_mve_conv_find(const te_mve_conv_call *call, int32_t oh, te_mve_conv_row *row);

/* Computes the channels that do not fill a record, of one pair; they are stored behind the windows
 * first.
 */
void te_mve_conv_rest(const te_mve_conv_call *call);

/* Computes all channels of the pair that the block has. */
void te_mve_conv_pixels(te_mve_conv_call *call);

/* Computes all channels of `pairs` pairs from the one that the block has on, left to right; nothing
 * that is still to read stands where they go.
 */
void te_mve_conv_many(te_mve_conv_call *call, int32_t pairs);

/* The same, of a block with one pair. */
static inline void te_mve_conv_channels(te_mve_conv_call *call)
{
    if (call->whole > 0) {
        call->dot(&call->block);
    }
    if (call->whole < call->op->out_c) {
        te_mve_conv_rest(call);
    }
}

/* Fills the window `to` with padding where kernel rows lie outside the input, or if `is_clipped`. */
static TE_NOINLINE void te_mve_conv_pad(const te_conv2d_mve_params *op, const te_mve_conv_row *row,
                                        int32_t is_clipped, int8_t *to)
{
    if (is_clipped != 0 || row->taps.last - row->taps.first < op->kernel_h) {
        te_mve_fill(to, op->in_zero_point, op->kernel_h * op->kernel_w * op->in_c);
    }
}

/* Gives what is left of a copy of all kernel rows at the end of the ring: those from its start. */
static inline te_mve_conv_copy te_mve_conv_wrap(const te_mve_conv_row *row, te_mve_conv_copy copy)
{
    copy.to_0 += copy.rows * copy.to_step;
    copy.to_1 += copy.rows * copy.to_step;
    copy.from += copy.rows * copy.from_step - row->walk.end;
    copy.rows = row->rows[1];
    return copy;
}

/* Copies the window whose first column is `iw` to `to`, with padding for taps outside. */
static TE_NOINLINE void te_mve_conv_gather(const te_conv2d_mve_params *op,
                                           const te_mve_conv_row *row, int32_t iw, int8_t *to)
{
    const int32_t in_c = op->in_c;
    const int32_t run = op->kernel_w * in_c;
    const te_taps inside = te_clip_taps(iw, op->dilation_w, op->kernel_w, row->in_w);
    const int32_t taps = op->dilation_w == 1 ? inside.last - inside.first : 1;
    te_mve_conv_pad(op, row, inside.last - inside.first < op->kernel_w, to);
    if (row->rows[0] == 0) {
        return;
    }
    for (int32_t kw = inside.first; kw < inside.last; kw += taps) {
        te_mve_conv_copy copy = {
            .to_0 = to + row->taps.first * run + kw * in_c,
            .to_1 = to,
            .from = row->from + (iw + kw * op->dilation_w) * in_c,
            .run = taps * in_c,
            .rows = row->rows[0],
            .from_step = row->walk.step,
            .to_step = run,
        };
        te_mve_conv_copy_1(&copy);
        if (row->rows[1] > 0) {
            copy = te_mve_conv_wrap(row, copy);
            te_mve_conv_copy_1(&copy);
        }
    }
}

/* Computes output pixel `ow` and the one that waits; or it waits itself. */
static TE_NOINLINE void te_mve_conv_single(te_mve_conv_call *call, const te_mve_conv_row *row,
                                           int32_t ow)
{
    const te_conv2d_mve_params *const op = call->op;
    int8_t *const out = row->to + ow * op->out_c;
    int8_t *const window = call->waiting == 0 ? call->spare : call->windows[1];
    te_mve_conv_gather(op, row, ow * op->stride_w - op->pad_left, window);
    if (call->waiting == 0) {
        call->waiting = out;
        return;
    }
    call->block.x_0 = call->spare;
    call->block.x_1 = window;
    call->block.out_0 = call->waiting;
    call->block.out_1 = out;
    call->waiting = 0;
    te_mve_conv_pixels(call);
}

/* Computes `pairs` pairs of pixels from `ow` on, which read no padding to the left or right, from
 * copies of their windows.
 */
static TE_NOINLINE void te_mve_conv_pairs(te_mve_conv_call *call, const te_mve_conv_row *row,
                                          int32_t ow, int32_t pairs)
{
    const te_conv2d_mve_params *const op = call->op;
    const int32_t run = op->kernel_w * op->in_c;
    const int32_t step = op->stride_w * op->in_c;
    const int32_t before = row->taps.first * run;
    const int8_t *const from = row->from + ow * step - op->pad_left * op->in_c;
    te_mve_conv_block *const block = &call->block;
    te_mve_conv_copy copy = {call->windows[0] + before,
                             call->windows[1] + before,
                             from,
                             step,
                             run,
                             row->rows[0],
                             row->walk.step,
                             run};
    te_mve_conv_copy wrapped = te_mve_conv_wrap(row, copy);
    te_mve_conv_pad(op, row, 0, call->windows[0]);
    te_mve_conv_pad(op, row, 0, call->windows[1]);
    block->x_0 = call->windows[0];
    block->x_1 = call->windows[1];
    block->out_0 = row->to + ow * op->out_c;
    block->out_1 = block->out_0 + op->out_c;
    block->pairs = 1;
    for (int32_t pair = 0; pair < pairs; pair++) {
        if (copy.rows > 0) {
            te_mve_conv_copy_2(&copy);
        }
        if (wrapped.rows > 0) {
            te_mve_conv_copy_2(&wrapped);
        }
        te_mve_conv_channels(call);
        copy.from += 2 * step;
        wrapped.from += 2 * step;
        block->out_0 += 2 * op->out_c;
        block->out_1 += 2 * op->out_c;
    }
}

/* Computes pairs of pixels from `ow` on, whose windows are one pixel each, where they are. Reads
 * them filled up, so the last ones may be left; gives the first one that is.
 */
static TE_NOINLINE int32_t te_mve_conv_points(te_mve_conv_call *call, const te_mve_conv_row *row,
                                              int32_t ow)
{
    const te_conv2d_mve_params *const op = call->op;
    const int32_t step = op->stride_w * op->in_c;
    const int32_t readable = row->in_w * op->in_c - call->nbytes;
    const int32_t fitting = readable < 0 ? 0 : readable / step + 1;
    const int32_t pairs = ((fitting < row->out_w ? fitting : row->out_w) - ow) / 2;
    te_mve_conv_block *const block = &call->block;
    block->x_0 = row->from + ow * step;
    block->x_1 = block->x_0 + step;
    block->out_0 = row->to + ow * op->out_c;
    block->out_1 = block->out_0 + op->out_c;
    if (pairs <= 0) {
        return ow;
    }
    te_mve_conv_many(call, pairs);
    return ow + 2 * pairs;
}

/* Tells whether the outputs and inputs of `rows` such rows have no byte in common. */
static inline int32_t te_mve_conv_is_apart(const te_conv2d_mve_params *op,
                                           const te_mve_conv_row *row, int32_t rows)
{
    const uintptr_t in_nbytes = (uintptr_t)(rows * row->in_w * op->in_c);
    const uintptr_t out_nbytes = (uintptr_t)(rows * row->out_w * op->out_c);
    const uintptr_t to = (uintptr_t)row->to;
    const uintptr_t from = (uintptr_t)row->from;
    return to + out_nbytes <= from || from + in_nbytes <= to;
}

/* Computes one output row; its last pixel may wait. */
static inline void te_mve_conv_compute(te_mve_conv_call *call, const te_mve_conv_row *row,
                                       int32_t is_direct)
{
    const te_conv2d_mve_params *const op = call->op;
    const int32_t inside_first = op->inside_first;
    const int32_t inside_last = op->inside_last + row->out_w - op->out_w;
    int32_t ow = 0;
    while (ow < row->out_w) {
        if (is_direct != 0) {
            ow = te_mve_conv_points(call, row, ow);
            is_direct = 0;
        } else if (ow >= inside_first && ow + 2 <= inside_last) {
            const int32_t pairs = (inside_last - ow) / 2;
            te_mve_conv_pairs(call, row, ow, pairs);
            ow += 2 * pairs;
        } else {
            te_mve_conv_single(call, row, ow);
            ow++;
        }
    }
}

/* Gives how many output rows from `oh` on are taken as one: windows of one pixel, next to each
 * other in memory. Not where they could be read in place one by one, but not together.
 */
static inline int32_t te_mve_conv_join(const te_mve_conv_call *call, int32_t oh, int32_t last,
                                       te_mve_conv_row *row)
{
    const te_conv2d_mve_params *const op = call->op;
    const int32_t in_rows = call->in.rows - te_ring_index(oh, call->in.rows);
    const int32_t out_rows = call->out.rows - te_ring_index(oh, call->out.rows);
    int32_t rows = last - oh;
    rows = rows < in_rows ? rows : in_rows;
    rows = rows < out_rows ? rows : out_rows;
    if (op->stride_h != 1 || op->stride_w != 1 || op->out_w != op->in_w) {
        return 1;
    }
    if (op->out_w >= TE_MVE_SMALL_ROW && te_mve_conv_is_apart(op, row, 1) != 0 &&
        te_mve_conv_is_apart(op, row, rows) == 0) {
        return 1;
    }
    row->in_w *= rows;
    row->out_w *= rows;
    return rows;
}

/* Computes output rows [first, last). */
static inline void te_mve_conv(const te_conv2d_mve_params *op, te_src in, te_dst out, int32_t first,
                               int32_t last, void *scratch)
{
    te_mve_conv_call call;
    call.op = op;
    call.in = in;
    call.out = out;
    te_mve_conv_begin(&call, scratch);
    int32_t rows = 1;
    for (int32_t oh = first; oh < last; oh += rows) {
        te_mve_conv_row row;
        te_mve_conv_find(&call, oh, &row);
        int32_t is_direct = 0;
        if (op->is_point != 0) {
            rows = te_mve_conv_join(&call, oh, last, &row);
            is_direct = te_mve_conv_is_apart(op, &row, 1);
        }
        te_mve_conv_compute(&call, &row, is_direct);
    }
    if (call.waiting != 0) {
        call.block.x_0 = call.spare;
        call.block.x_1 = call.spare;
        call.block.out_0 = call.waiting;
        call.block.out_1 = call.waiting;
        te_mve_conv_pixels(&call);
    }
}

#endif
