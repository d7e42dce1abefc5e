/* Convolution for the DSP extension: what its kernels share, around the dot products.
 *
 * A group of 4, 2 or 1 output pixels is computed at a time. Their windows are expanded to int16 in
 * the scratch, in the order in which the weights were packed, and then all output channels are
 * computed from there, as many at a time as a record of the weights has: two, or four of int8.
 */
#ifndef TE_DSP_CONV_H
#define TE_DSP_CONV_H

#include "te_dsp_conv2d.h"
#include "te_dsp_conv_expand.h"
#include "te_rows.h"

/* How sums become outputs: where te_conv_block's frame has the code's address. */
enum {
    TE_CONV_SIGNED = 32,  /* te_requantize_folded */
    TE_CONV_UP_LESS = 36, /* the output is some bits up in the high word of sum * multiplier */
    TE_CONV_UP_MORE = 40,
    TE_CONV_UP_LEAST = 44 /* of weights of 4 bits alone */
};

/* One group of pixels as the dot products see it. Assembly reads the members by their places.
 *
 * There is a record for every two channels a and b; a last odd channel is both a and b. Those of int8
 * weights have four channels a to d, see te_dsp_conv_w8.h.
 */
typedef struct {
    const int32_t *weight;
    int8_t *out;
    int32_t pixel_step;   /* bytes from the first pixel to the second, and to the fourth */
    int32_t pixel_step_3; /* 3 * pixel_step, but of int8 weights, whose pixels may be anywhere */
    int32_t channel_step;
    const int32_t *x; /* [pairs, group] pairs */
    const int32_t *x_end;
    int32_t pairs;
    const int32_t *weight_end; /* behind the last record */
    int32_t rounding;          /* of int8 weights, as in the parameters; so is the next */
    int32_t offset;
    int32_t pixel_step_2; /* from the first pixel to the third, 0 of two; int8 weights only */
    int32_t pair_step;    /* from channel a to c, as well */
} te_conv_block;

typedef void (*te_conv_dot)(const te_conv_block *block);

/* The dot products of 4, 2 and 1 pixels. */
typedef struct {
    te_conv_dot of_4;
    te_conv_dot of_2;
    te_conv_dot of_1;
    int32_t are_fours; /* whether records have four channels, and pixels may be anywhere */
} te_conv_dots;

/* Of weights of int8, and of int16. */
extern const te_conv_dots te_conv_dots_w8;
extern const te_conv_dots te_conv_dots_w16;

/* Gives what is to be computed with all channels but a last odd one, whose records are `words` of
 * `weight`; the output, x_end, rounding and offset are the caller's.
 */
static inline te_conv_block te_conv_even(const int32_t *weight, int32_t words, const int32_t *x,
                                         int32_t pairs)
{
    const te_conv_block block = {weight,         0, 0, 0, 1, x, x + pairs, pairs,
                                 weight + words, 0, 0, 0, 2};
    return block;
}

/* Computes a last odd channel, whose output stands `last` bytes after that of `even`. */
static inline void te_conv_odd(const te_conv_block *even, te_conv_dot dot, int32_t words,
                               int32_t last)
{
    te_conv_block block = *even;
    block.weight = even->weight_end;
    block.weight_end = even->weight_end + words;
    block.out += last;
    block.channel_step = 0;
    dot(&block);
}

/* Computes output rows [first, last). */
void te_conv_rows(const te_conv2d_dsp_params *op, te_src in, te_dst out, int32_t first,
                  int32_t last, int32_t *x, const te_conv_dots *dots);

#endif
