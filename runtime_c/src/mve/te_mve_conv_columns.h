/* Convolution for MVE: expands strips of columns, of which windows are next to each other.
 *
 * A column of a window is the elements of its kernel rows, one row after another; a window is
 * kernel_w columns, and the next one begins stride_w columns further. So every element is copied
 * once for a strip, and the dot products go from window to window by themselves.
 */
#ifndef TE_MVE_CONV_COLUMNS_H
#define TE_MVE_CONV_COLUMNS_H

#include "te_mve_conv.h"
#include "te_requantize.h"

/* How a kernel row is copied to its place in each column. Assembly reads the members by their places.
 */
typedef struct {
    int8_t *to; /* its place in the first column */
    const int8_t *from;
    int32_t columns; /* at least 1 */
    int32_t in_c;    /* bytes for a column */
    int32_t to_step; /* bytes from column to column */
} te_mve_columns_copy;

/* How three kernel rows of up to four channels are copied together. Assembly reads the members by
 * their places.
 */
typedef struct {
    int8_t *to; /* the first column */
    const int8_t *from[3];
    int32_t columns; /* at least 1 */
    int32_t in_c;
} te_mve_columns_three;

#define TE_MVE_COLUMNS_WORD 4 /* channels that are copied as a word */

#if TE_HAS_MVE

TE_HOLD(te_mve_columns_three, columns, 16);
TE_HOLD(te_mve_columns_copy, columns, 8);
TE_HOLD(te_mve_columns_copy, to_step, 16);

/* One channel: 4 instructions for eight columns. Their places are in q1; r3 is eight columns. */
TE_NAKED static void te_mve_columns_one(const te_mve_columns_copy *copy __attribute__((unused)))
{
    __asm__("push {r4, lr}\n\t"
            "ldm r0, {r0-r4}\n\t"
            "mov r12, #0\n\t"
            "vidup.u16 q1, r12, #1\n\t"
            "vmul.i16 q1, q1, r4\n\t"
            "lsl r3, r4, #3\n\t"
            "dlstp.16 lr, r2\n"
            "1:\tvldrb.u16 q0, [r1], #8\n\t"
            "vstrb.16 q0, [r0, q1]\n\t"
            "add r0, r0, r3\n\t"
            "letp lr, 1b\n\t"
            "pop {r4, pc}\n\t");
}

/* Up to 16 channels: 6 instructions for a column. */
TE_NAKED static void te_mve_columns_few(const te_mve_columns_copy *copy __attribute__((unused)))
{
    __asm__("push {r4, lr}\n\t"
            "ldm r0, {r0-r4}\n\t"
            "vctp.8 r3\n\t"
            "dls lr, r2\n"
            "1:\tvpstt\n\t"
            "vldrbt.8 q0, [r1]\n\t"
            "vstrbt.8 q0, [r0]\n\t"
            "add r1, r1, r3\n\t"
            "add r0, r0, r4\n\t"
            "le lr, 1b\n\t"
            "pop {r4, pc}\n\t");
}

/* Words of three rows, all columns but the last one: 9 instructions for a column. What a word has too
 * much the next one overwrites.
 */
TE_NAKED static void te_mve_columns_words(const te_mve_columns_three *copy __attribute__((unused)))
{
    __asm__("push {r4-r10, lr}\n\t"
            "ldm r0, {r0-r5}\n\t"
            "add r8, r0, r5\n\t"
            "add r9, r8, r5\n\t"
            "add r6, r5, r5, lsl #1\n\t"
            "mov r7, #0\n\t"
            "mov r10, #0\n\t"
            "sub r4, r4, #1\n\t"
            "wls lr, r4, 2f\n"
            "1:\tldr r12, [r1, r7]\n\t"
            "str r12, [r0, r10]\n\t"
            "ldr r12, [r2, r7]\n\t"
            "str r12, [r8, r10]\n\t"
            "ldr r12, [r3, r7]\n\t"
            "str r12, [r9, r10]\n\t"
            "add r7, r7, r5\n\t"
            "add r10, r10, r6\n\t"
            "le lr, 1b\n"
            "2:\tpop {r4-r10, pc}\n\t");
}

/* Any number of channels: 5 instructions for a column, and 3 for every 16 of them. */
TE_NAKED static void te_mve_columns_many(const te_mve_columns_copy *copy __attribute__((unused)))
{
    __asm__("push {r4-r5, lr}\n\t"
            "ldm r0, {r0-r4}\n"
            "1:\tmov r5, r0\n\t"
            "mov r12, r1\n\t"
            "dlstp.8 lr, r3\n"
            "2:\tvldrb.8 q0, [r12], #16\n\t"
            "vstrb.8 q0, [r5], #16\n\t"
            "letp lr, 2b\n\t"
            "add r1, r1, r3\n\t"
            "add r0, r0, r4\n\t"
            "subs r2, r2, #1\n\t"
            "bne 1b\n\t"
            "pop {r4-r5, pc}\n\t");
}

#else

static inline void te_mve_columns_many(const te_mve_columns_copy *copy)
{
    for (int32_t column = 0; column < copy->columns; column++) {
        te_mve_copy(copy->to + column * copy->to_step, copy->from + column * copy->in_c,
                    copy->in_c);
    }
}

static inline void te_mve_columns_words(const te_mve_columns_three *copy)
{
    for (int32_t i = 0; i < 3 * (copy->columns - 1); i++) {
        te_mve_copy(copy->to + i * copy->in_c, copy->from[i % 3] + i / 3 * copy->in_c, copy->in_c);
    }
}

static inline void te_mve_columns_few(const te_mve_columns_copy *copy)
{
    te_mve_columns_many(copy);
}

static inline void te_mve_columns_one(const te_mve_columns_copy *copy)
{
    te_mve_columns_many(copy);
}

#endif

/* Copies `copy->columns` columns of the kernel rows inside the input. */
static inline void te_mve_columns_rows_of(const te_mve_conv_row *row, te_mve_columns_copy copy)
{
    for (int32_t kh = 0; kh < row->rows[0] + row->rows[1]; kh++) {
        if (kh == row->rows[0]) {
            copy.from -= row->walk.end;
        }
        if (copy.in_c == 1) {
            te_mve_columns_one(&copy);
        } else if (copy.in_c <= TE_MVE_TAPS) {
            te_mve_columns_few(&copy);
        } else {
            te_mve_columns_many(&copy);
        }
        copy.to += copy.in_c;
        copy.from += row->walk.step;
    }
}

/* The same for three kernel rows of two to four channels. */
static inline void te_mve_columns_words_of(const te_mve_conv_row *row, te_mve_columns_copy copy)
{
    te_mve_columns_three three = {copy.to, {0, 0, 0}, copy.columns, copy.in_c};
    for (int32_t kh = 0; kh < 3; kh++) {
        three.from[kh] = copy.from - (kh >= row->rows[0] ? row->walk.end : 0);
        copy.from += row->walk.step;
    }
    te_mve_columns_words(&three);
    for (int32_t kh = 0; kh < 3; kh++) {
        const int32_t last = copy.columns - 1;
        te_mve_copy(copy.to + last * copy.to_step + kh * copy.in_c,
                    three.from[kh] + last * copy.in_c, copy.in_c);
    }
}

/* Expands the columns of `pixels` windows from output column `ow` on. */
static TE_NOINLINE void te_mve_columns_expand(const te_conv2d_mve_params *op,
                                              const te_mve_conv_row *row, int32_t ow,
                                              int32_t pixels, int8_t *columns)
{
    const int32_t nbytes = op->kernel_h * op->in_c;
    const int32_t count = (pixels - 1) * op->stride_w + op->kernel_w;
    const int32_t iw = ow * op->stride_w - op->pad_left;
    const int32_t left = te_clamp(-iw, 0, count);
    const int32_t right = te_clamp(iw + count - op->in_w, 0, count - left);
    const int32_t inside = count - left - right;
    const int32_t is_clipped = row->taps.last - row->taps.first < op->kernel_h;
    if (is_clipped != 0) {
        te_mve_fill(columns, op->in_zero_point, count * nbytes);
    } else {
        te_mve_fill(columns, op->in_zero_point, left * nbytes);
        te_mve_fill(columns + (left + inside) * nbytes, op->in_zero_point, right * nbytes);
    }
    if (inside == 0) {
        return;
    }
    const te_mve_columns_copy copy = {columns + left * nbytes + row->taps.first * op->in_c,
                                      row->from + (iw + left) * op->in_c, inside, op->in_c, nbytes};
    if (op->kernel_h == 3 && op->in_c > 1 && op->in_c <= TE_MVE_COLUMNS_WORD && is_clipped == 0) {
        te_mve_columns_words_of(row, copy);
    } else {
        te_mve_columns_rows_of(row, copy);
    }
}

/* Computes `pixels` pixels of a row, whose columns there are, two at a time; the last one by itself if
 * it is left.
 */
static inline void te_mve_columns_strip(te_mve_conv_call *call, int8_t *to, int32_t pixels,
                                        const int8_t *columns)
{
    const te_conv2d_mve_params *const op = call->op;
    const int32_t step = op->stride_w * op->kernel_h * op->in_c;
    te_mve_conv_block *const block = &call->block;
    block->x_0 = columns;
    block->x_1 = columns + step;
    block->x_step = 2 * step;
    block->out_0 = to;
    block->out_1 = to + op->out_c;
    block->out_step = 2 * op->out_c - call->whole;
    te_mve_conv_many(call, pixels / 2);
    if (pixels % 2 != 0) {
        block->x_0 = columns + (pixels - 1) * step;
        block->x_1 = block->x_0;
        block->out_0 = to + (pixels - 1) * op->out_c;
        block->out_1 = block->out_0;
        te_mve_conv_pixels(call);
    }
}

/* Computes output row `oh`, strip by strip. */
static TE_NOINLINE void te_mve_columns_row(te_mve_conv_call *call, int32_t oh, int8_t *columns)
{
    const te_conv2d_mve_params *const op = call->op;
    te_mve_conv_row row;
    te_mve_conv_find(call, oh, &row);
    for (int32_t ow = 0; ow < op->out_w; ow += op->strip) {
        const int32_t pixels = op->out_w - ow < op->strip ? op->out_w - ow : op->strip;
        te_mve_columns_expand(op, &row, ow, pixels, columns);
        te_mve_columns_strip(call, row.to + ow * op->out_c, pixels, columns);
    }
}

/* Computes output row `oh` and the next one, a pixel of each at a time. The columns of both are there
 * before anything is written.
 */
static TE_NOINLINE void te_mve_columns_rows(te_mve_conv_call *call, int32_t oh, int8_t *columns)
{
    const te_conv2d_mve_params *const op = call->op;
    const int32_t nbytes = op->kernel_h * op->in_c;
    int8_t *const next = columns + ((op->out_w - 1) * op->stride_w + op->kernel_w) * nbytes;
    te_mve_conv_block *const block = &call->block;
    te_mve_conv_row rows[2];
    te_mve_conv_find(call, oh, &rows[0]);
    te_mve_conv_find(call, oh + 1, &rows[1]);
    te_mve_columns_expand(op, &rows[0], 0, op->out_w, columns);
    te_mve_columns_expand(op, &rows[1], 0, op->out_w, next);
    block->x_0 = columns;
    block->x_1 = next;
    block->x_step = op->stride_w * nbytes;
    block->out_0 = rows[0].to;
    block->out_1 = rows[1].to;
    block->out_step = op->out_c - call->whole;
    te_mve_conv_many(call, op->out_w);
}

/* Computes output rows [first, last). */
static inline void te_mve_columns(const te_conv2d_mve_params *op, te_src in, te_dst out,
                                  int32_t first, int32_t last, void *scratch)
{
    te_mve_conv_call call;
    call.op = op;
    call.in = in;
    call.out = out;
    te_mve_conv_begin(&call, scratch);
    call.last = scratch;
    int8_t *const columns = call.last + 2 * TE_MVE_CHANNELS;
    int32_t rows = 1;
    for (int32_t oh = first; oh < last; oh += rows) {
        rows = oh + 1 < last ? op->together : 1;
        if (rows == 1) {
            te_mve_columns_row(&call, oh, columns);
        } else {
            te_mve_columns_rows(&call, oh, columns);
        }
    }
}

#endif
