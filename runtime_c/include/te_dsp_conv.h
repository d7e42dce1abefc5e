/* Convolution for the DSP extension: what its kernels share, around the dot products.
 *
 * A group of 4, 2 or 1 output pixels is computed at a time. Their windows are expanded to int16 in
 * the scratch, in the order in which the weights were packed, and then all output channels are
 * computed from there, two at a time.
 */
#ifndef TE_DSP_CONV_H
#define TE_DSP_CONV_H

#include "te_dsp.h"
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

/* Words that a run of `count` taps expands to, per pixel: two per four taps. */
static inline int32_t te_conv_run_pairs(int32_t count)
{
    return count / 4 * 2 + ((count & 3) + 1) / 2;
}

/* Expands the last count & 3 taps of a run: (0, 1), or (0, 2) and (1, 0). */
static inline void te_conv_expand_tail(int32_t *x, int32_t group, const int8_t *from, int32_t count)
{
    const int32_t left = count & 3;
    if (left == 0) {
        return;
    }
    const int32_t second = left == 1 ? 0 : from[left - 1];
    x[0] = te_pack_low(from[0], second);
    if (left == 3) {
        x[group] = te_pack_low(from[1], 0);
    }
}

/* Expands a run of `count` taps of one pixel; its words stand `group` words apart. */
static inline void te_conv_expand_1(int32_t *x, int32_t group, const int8_t *from, int32_t count)
{
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const int32_t quad = te_load_s8x4(from + i);
        x[0] = te_sxtb16(quad);
        x[group] = te_sxtb16_ror8(quad);
        x += 2 * group;
    }
    te_conv_expand_tail(x, group, from + i, count);
}

#if TE_HAS_DSP

/* Expands `quads` quads of each of four pixels that stand `step` bytes apart: 14 instructions and
 * two of the loop for 16 taps. The quads are in r4 to r7, their pairs in r8 to r11.
 */
static inline void te_conv_expand_quads(int32_t *x, const int8_t *from, int32_t step, int32_t quads)
{
    const int8_t *fourth = from + 3 * step;
    if (quads == 0) {
        return;
    }
    __asm__ volatile("1:\n\t"
                     "ldr r5, [%[from], %[step]]\n\t"
                     "ldr r6, [%[from], %[step], lsl #1]\n\t"
                     "ldr r4, [%[from]], #4\n\t"
                     "ldr r7, [%[fourth]], #4\n\t"
                     "sxtb16 r9, r5\n\t"
                     "sxtb16 r10, r6\n\t"
                     "sxtb16 r8, r4\n\t"
                     "sxtb16 r11, r7\n\t"
                     "stmia %[x]!, {r8-r11}\n\t"
                     "sxtb16 r4, r4, ror #8\n\t"
                     "sxtb16 r5, r5, ror #8\n\t"
                     "sxtb16 r6, r6, ror #8\n\t"
                     "sxtb16 r7, r7, ror #8\n\t"
                     "stmia %[x]!, {r4-r7}\n\t"
                     "subs %[quads], #1\n\t"
                     "bne 1b"
                     : [x] "+r"(x), [from] "+r"(from), [fourth] "+r"(fourth), [quads] "+r"(quads)
                     : [step] "r"(step)
                     : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "cc", "memory");
}

#else

static inline void te_conv_expand_quads(int32_t *x, const int8_t *from, int32_t step, int32_t quads)
{
    for (int32_t pixel = 0; pixel < 4; pixel++) {
        te_conv_expand_1(x + pixel, 4, from + pixel * step, 4 * quads);
    }
}

#endif

/* Expands a run of `count` taps of each of `group` pixels that stand `step` bytes apart. */
static inline void te_conv_expand(int32_t *x, int32_t group, const int8_t *from, int32_t step,
                                  int32_t count)
{
    int32_t done = 0;
    if (group == 4) {
        te_conv_expand_quads(x, from, step, count / 4);
        done = count & ~3;
        x += 2 * done;
    }
    if (done < count) {
        for (int32_t pixel = 0; pixel < group; pixel++) {
            te_conv_expand_1(x + pixel, group, from + done + pixel * step, count - done);
        }
    }
}

/* Expands the taps of one kernel row of one pixel that lie in input row `row`, and padding for the
 * others. Column `iw` is the first tap's. `run` has place for the row's taps.
 */
static inline void te_conv_expand_clipped(const te_conv2d_dsp_params *op, int32_t *x, int32_t group,
                                          const int8_t *row, int32_t iw, int8_t *run)
{
    int8_t *to = run;
    for (int32_t kw = 0; kw < op->kernel_w; kw++) {
        const int32_t column = iw + kw * op->dilation_w;
        const int32_t is_inside = column >= 0 && column < op->in_w;
        const int8_t *from = is_inside ? row + column * op->in_c : row;
        for (int32_t ic = 0; ic < op->in_c; ic++) {
            to[ic] = is_inside ? from[ic] : (int8_t)op->in_zero_point;
        }
        to += op->in_c;
    }
    te_conv_expand_1(x, group, run, op->kernel_w * op->in_c);
}

/* Expands the windows of `group` pixels from output column `ow` on. `walk` stands at the first
 * kernel row inside the input. `run` has place for a kernel row's taps.
 */
static inline void te_conv_gather(const te_conv2d_dsp_params *op, te_src in, te_row_walk walk,
                                  te_taps rows, int32_t ow, int32_t group, int32_t *x, int8_t *run)
{
    const int32_t count = op->kernel_w * op->in_c;
    const int32_t words = te_conv_run_pairs(count) * group;
    const int32_t iw = ow * op->stride_w - op->pad_left;
    const int32_t reach = (group - 1) * op->stride_w + op->kernel_w;
    const int32_t is_inside = iw >= 0 && iw + reach <= op->in_w && op->dilation_w == 1;
    const int32_t padding = te_pack_low(op->in_zero_point, op->in_zero_point);
    for (int32_t kh = 0; kh < op->kernel_h; kh++) {
        if (kh < rows.first || kh >= rows.last) {
            for (int32_t i = 0; i < words; i++) {
                x[i] = padding;
            }
        } else {
            const int8_t *row = in.base + walk.offset;
            if (is_inside) {
                te_conv_expand(x, group, row + iw * op->in_c, op->stride_w * op->in_c, count);
            } else {
                for (int32_t pixel = 0; pixel < group; pixel++) {
                    te_conv_expand_clipped(op, x + pixel, group, row, iw + pixel * op->stride_w,
                                           run);
                }
            }
            te_walk_on(&walk);
        }
        x += words;
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
    int8_t *const run = (int8_t *)(x + op->pairs * op->group);
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
            te_conv_gather(op, in, walk, rows, ow, group, x, run);
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
