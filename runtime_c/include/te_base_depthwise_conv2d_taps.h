/* Depthwise convolution for cores without the DSP extension, tap by tap. */
#ifndef TE_BASE_DEPTHWISE_CONV2D_TAPS_H
#define TE_BASE_DEPTHWISE_CONV2D_TAPS_H

#include "te_mend.h"
#include "te_rows.h"

typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t in_c;
    int32_t out_w;
    int32_t channel_multiplier; /* output channels per input channel */
    int32_t kernel_h;
    int32_t kernel_w;
    int32_t stride_h;
    int32_t stride_w;
    int32_t dilation_h;
    int32_t dilation_w;
    int32_t pad_top;        /* rows of padding above the input */
    int32_t pad_left;       /* columns of padding left of the input */
    int32_t in_zero_point;  /* in [-128, 127] */
    int32_t out_zero_point; /* in [-128, 127] */
    int32_t act_min;        /* in [-128, act_max] */
    int32_t act_max;        /* in [act_min, 127] */
    int32_t quads;          /* in_c / 4 where the multiplier is 1, else 0 */
    const int32_t *record;  /* see below */
} te_depthwise_conv2d_taps_params;

/* te_depthwise_conv2d_s8 for every window, stride, padding, dilation and multiplier: four channels
 * of a pixel at a time. It is for windows that no other kernel for cores without DSP is made for,
 * such as those of images one pixel wide.
 *
 * A record is of four channels where `quads` of them have one: their biases, less in_zero_point
 * times the sum of the channel's weights; for every tap their weights, a byte each; their
 * te_requantize's multipliers; its shifts to the right less 1, in [0, 29], a byte each. Behind
 * those every channel that is left over has one: bias, multiplier, shift less 1, and a byte for
 * the weight of every tap, filled up to a word.
 *
 * Scratch: 8 bytes a tap (where the window's pixels stand; pointers may have 64 bits), and behind
 * them in_c bytes. The output may follow the input row by row: while row r is written, the input
 * rows that rows from r on read are unchanged.
 */
void te_depthwise_conv2d_s8_base_taps(const te_depthwise_conv2d_taps_params *op, te_src in,
                                      te_dst out, int32_t first, int32_t last, void *scratch);

/* The same for channels of every scale ratio: shifts less 1 are in [-31, 30]. */
void te_depthwise_conv2d_s8_base_taps_left(const te_depthwise_conv2d_taps_params *op, te_src in,
                                           te_dst out, int32_t first, int32_t last, void *scratch);

/* Parameters of the first kernel above, and the sums that its factors miss. */
typedef struct {
    const te_depthwise_conv2d_taps_params *kernel;
    const te_mend_params *mend;
} te_depthwise_conv2d_taps_even_params;

/* The same, but products are rounded down, and every row is mended. */
void te_depthwise_conv2d_s8_base_taps_even(const te_depthwise_conv2d_taps_even_params *op,
                                           te_src in, te_dst out, int32_t first, int32_t last,
                                           void *scratch);

#endif
