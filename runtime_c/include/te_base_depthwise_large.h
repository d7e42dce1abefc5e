/* Depthwise convolution with windows five and seven wide, of short lines, for cores without DSP. */
#ifndef TE_BASE_DEPTHWISE_LARGE_H
#define TE_BASE_DEPTHWISE_LARGE_H

#include "te_rows.h"

struct te_depthwise_large;

/* Computes a line for every channel, see te_base_depthwise_large_line.h: by the windows' width and
 * stride and the line's outputs, from as many input columns, or twice as many and less with a stride of two.
 */
void te_depthwise_large_7_1_5(const struct te_depthwise_large *line);
void te_depthwise_large_7_1_3(const struct te_depthwise_large *line);
void te_depthwise_large_7_2_5(const struct te_depthwise_large *line);
void te_depthwise_large_5_1_5(const struct te_depthwise_large *line);
void te_depthwise_large_5_2_3(const struct te_depthwise_large *line);

/* The same in two groups of five outputs, of which some may be in both. */
void te_depthwise_large_5_1_pair(const struct te_depthwise_large *line);
void te_depthwise_large_7_1_pair(const struct te_depthwise_large *line);
void te_depthwise_large_7_2_pair(const struct te_depthwise_large *line);

typedef struct {
    void (*line)(const struct te_depthwise_large *line); /* for lines of this width */
    int32_t columns;                                     /* that `line` goes on within a row */
    int32_t group;  /* outputs of a group, which may be the whole line */
    int32_t second; /* the column where the rows of a second group begin */
    int32_t in_h;
    int32_t in_w;
    int32_t out_w;
    int32_t channels;
    int32_t kernel_h; /* at most 7 */
    int32_t kernel_w;
    int32_t stride_h;
    int32_t pad_top;         /* rows of padding above the input, fewer than kernel_h */
    int32_t pad_left;        /* columns of padding left of the input */
    int32_t width;           /* of a padded row: all that groups of four outputs see */
    int32_t in_zero_point;   /* in [-128, 127] */
    int32_t out_zero_point;  /* in [-128, 127] */
    int32_t act_min;         /* in [-128, act_max] */
    int32_t act_max;         /* in [act_min, 127] */
    int32_t in_pixel_step;   /* bytes from one input pixel to the next: channels, or 1 */
    int32_t in_channel_step; /* bytes from one channel to the next: 1, or in_w */
    int32_t out_pixel_step;  /* likewise for the output */
    int32_t out_channel_step;
    const int8_t *weight;   /* [channels, kernel_h, kernel_w] */
    const int32_t *factors; /* [channels, 3]: bias * 2^8 + shift, te_requantize's multiplier, and
                               bias - in_zero_point * sum of the channel's weights; the shift is to
                               the right beyond 33 bits, in [0, 28] */
} te_depthwise_conv2d_base_large_params;

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8,
 * where negative sums are clamped or halves round up anyway. A row of every window is inside the input.
 *
 * Rows are [w, channels] or [channels, w] by the steps. Scratch: kernel_h * width bytes, for the
 * rows of a channel with their padding. The output may follow the input row by row: while row r is
 * written, the input rows that rows from r on read are unchanged.
 */
void te_depthwise_conv2d_s8_base_large(const te_depthwise_conv2d_base_large_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last, void *scratch);

#endif
