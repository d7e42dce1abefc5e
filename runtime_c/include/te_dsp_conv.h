/* Convolution for the DSP extension: what its kernels share, around the dot products.
 *
 * A group of 4, 2 or 1 output pixels is computed at a time. Their windows are expanded to int16 in
 * the scratch, in the order in which the weights were packed, and then all output channels are
 * computed from there, two at a time.
 */
#ifndef TE_DSP_CONV_H
#define TE_DSP_CONV_H

#include <stddef.h>

#include "te_dsp_conv_expand.h"
#include "te_rows.h"
#include "te_window.h"

/* How the sums of a record become outputs: where te_conv_block's frame has the code's address. */
enum {
    TE_CONV_SIGNED = 32, /* te_requantize_folded */
    TE_CONV_UP_10 = 36,  /* the output is 10 bits up in the high word of sum * multiplier */
    TE_CONV_UP_13 = 40   /* 13 bits */
};

typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t in_c;
    int32_t out_w;
    int32_t out_c;
    int32_t kernel_h;
    int32_t kernel_w;
    int32_t stride_h;
    int32_t stride_w;
    int32_t dilation_h;
    int32_t dilation_w;
    int32_t pad_top;       /* rows of padding above the input */
    int32_t pad_left;      /* columns of padding left of the input */
    int32_t in_zero_point; /* in [-128, 127] */
    int32_t act_min;       /* in [-128, act_max] */
    int32_t act_max;       /* in [act_min, 127] */
    int32_t pixel_step;    /* bytes from one output pixel to the next: out_c, or 1 */
    int32_t channel_step;  /* bytes from one output channel to the next: 1, or out_w */
    int32_t group;         /* pixels computed at a time, 4 or 2 */
    int32_t pairs;         /* pairs of taps of a window as expanded */
    int32_t words;         /* words of all records */
    int32_t even_words;    /* words of the records but that of a last odd channel */
    const int32_t *weight; /* (out_c + 1) / 2 records, see te_conv_block */
} te_conv2d_dsp_params;

/* One group of pixels as the dot products see it. Assembly reads the members by their places.
 *
 * A record of two channels a and b is: their biases; their weights, a pair of taps of a and then
 * of b, as two words of two int16 or as one word of int8 a0 b0 a1 b1; the rounding; the factors of
 * a, of b. A last odd channel is both a and b.
 */
typedef struct {
    const int32_t *weight;
    int8_t *out;
    int32_t pixel_step;
    int32_t pixel_step_3; /* 3 * pixel_step */
    int32_t channel_step;
    const int32_t *x; /* [pairs, group] pairs */
    const int32_t *x_end;
    int32_t pairs;
    const int32_t *weight_end; /* behind the last record */
} te_conv_block;

/* Gives the taps of one kernel row of one pixel side by side: where they stand in input row `row`, or
 * copied to `run` with padding where they are dilated or outside. Column `iw` is the first tap's.
 */
static inline const int8_t *te_conv_run(const te_conv2d_dsp_params *op, const int8_t *row,
                                        int32_t iw, int8_t *run)
{
    if (iw >= 0 && iw + op->kernel_w <= op->in_w && op->dilation_w == 1) {
        return row + iw * op->in_c;
    }
    for (int32_t kw = 0; kw < op->kernel_w; kw++) {
        const int32_t column = iw + kw * op->dilation_w;
        int8_t *const to = run + kw * op->in_c;
        if (column >= 0 && column < op->in_w) {
            __builtin_memcpy(to, row + column * op->in_c, (size_t)op->in_c);
        } else {
            __builtin_memset(to, op->in_zero_point, (size_t)op->in_c);
        }
    }
    return run;
}

/* Expands the windows of `group` pixels from output column `ow` on. `walk` stands at the first
 * kernel row inside the input. `runs` has place for a kernel row's taps of every pixel.
 */
static inline void te_conv_gather(const te_conv2d_dsp_params *op, te_src in, te_row_walk walk,
                                  te_taps rows, int32_t ow, int32_t group, int32_t *x, int8_t *runs)
{
    const int32_t count = op->kernel_w * op->in_c;
    for (int32_t kh = 0; kh < op->kernel_h; kh++) {
        if (kh < rows.first || kh >= rows.last) {
            x = te_conv_fill(x, te_conv_run_pairs(count) * group, op->in_zero_point);
            continue;
        }
        const int8_t *from[4];
        int32_t iw = ow * op->stride_w - op->pad_left;
        for (int32_t pixel = 0; pixel < group; pixel++) {
            from[pixel] = te_conv_run(op, in.base + walk.offset, iw, runs + pixel * count);
            iw += op->stride_w;
        }
        x = te_conv_expand(x, group, from, count);
        te_walk_on(&walk);
    }
}

typedef void (*te_conv_dot)(const te_conv_block *block);

/* Computes `out_c` channels, whose records are `words` words; a last odd one's is behind
 * `even_words`. block->weight is the first record.
 */
static inline void te_conv_channels(te_conv_block *block, te_conv_dot dot, int32_t out_c,
                                    int32_t words, int32_t even_words)
{
    block->weight_end = block->weight + even_words;
    if (out_c > 1) {
        dot(block);
    }
    if ((out_c & 1) != 0) {
        te_conv_block last = *block;
        last.weight = block->weight_end;
        last.weight_end = block->weight + words;
        last.out += (out_c - 1) * block->channel_step;
        last.channel_step = 0;
        dot(&last);
    }
}

/* Computes output rows [first, last) with the dot products of 4, 2 and 1 pixels. */
static inline void te_conv_rows(const te_conv2d_dsp_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last, int32_t *x, te_conv_dot dot_4,
                                te_conv_dot dot_2, te_conv_dot dot_1)
{
    int8_t *const runs = (int8_t *)(x + op->pairs * op->group);
    te_conv_block block = {
        op->weight, 0, op->pixel_step, 3 * op->pixel_step, op->channel_step, x, 0, op->pairs, 0};
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
        int8_t *const to = te_dst_row(out, oh);
        int32_t group = op->group;
        for (int32_t ow = 0; ow < op->out_w; ow += group) {
            while (group > op->out_w - ow) {
                group /= 2;
            }
            const te_conv_dot dot = group == 4 ? dot_4 : group == 2 ? dot_2 : dot_1;
            te_conv_gather(op, in, walk, rows, ow, group, x, runs);
            block.out = to + ow * op->pixel_step;
            block.x_end = x + op->pairs * group;
            te_conv_channels(&block, dot, op->out_c, op->words, op->even_words);
        }
        if (op->act_min > -128 || op->act_max < 127) {
            te_clamp_run(to, op->out_w * op->out_c, op->act_min, op->act_max);
        }
    }
}

#endif
