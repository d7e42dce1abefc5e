/* Depthwise convolution with windows 3x3 for cores without the DSP extension. */
#ifndef TE_BASE_DEPTHWISE_3X3_H
#define TE_BASE_DEPTHWISE_3X3_H

#include "te_rows.h"

struct te_depthwise_line;

/* Computes a line of so many outputs for every channel, see te_base_depthwise_line.h: with windows one
 * column apart.
 */
void te_depthwise_line_3(const struct te_depthwise_line *line);
void te_depthwise_line_4(const struct te_depthwise_line *line);
void te_depthwise_line_5(const struct te_depthwise_line *line);
void te_depthwise_line_6(const struct te_depthwise_line *line);

/* The same for a line in two groups or more of so many outputs. */
void te_depthwise_groups_5(const struct te_depthwise_line *line);
void te_depthwise_groups_6(const struct te_depthwise_line *line);

/* With windows two columns apart, by the sides that are padded, with `left` also none. */
void te_depthwise_line_2_2_left(const struct te_depthwise_line *line);
void te_depthwise_line_2_2_right(const struct te_depthwise_line *line);
void te_depthwise_line_2_2_both(const struct te_depthwise_line *line);
void te_depthwise_line_3_2_left(const struct te_depthwise_line *line);
void te_depthwise_line_3_2_right(const struct te_depthwise_line *line);
void te_depthwise_line_3_2_both(const struct te_depthwise_line *line);
void te_depthwise_line_4_2_left(const struct te_depthwise_line *line);
void te_depthwise_line_4_2_right(const struct te_depthwise_line *line);
void te_depthwise_line_4_2_both(const struct te_depthwise_line *line);
void te_depthwise_line_5_2_left(const struct te_depthwise_line *line);
void te_depthwise_line_5_2_right(const struct te_depthwise_line *line);
void te_depthwise_line_5_2_both(const struct te_depthwise_line *line);
void te_depthwise_groups_4_2_left(const struct te_depthwise_line *line);
void te_depthwise_groups_4_2_right(const struct te_depthwise_line *line);
void te_depthwise_groups_4_2_both(const struct te_depthwise_line *line);
void te_depthwise_groups_5_2_left(const struct te_depthwise_line *line);
void te_depthwise_groups_5_2_right(const struct te_depthwise_line *line);
void te_depthwise_groups_5_2_both(const struct te_depthwise_line *line);

typedef struct {
    void (*line)(const struct te_depthwise_line *line); /* for lines of this width */
    int32_t group;         /* outputs of a group, which may be the whole line */
    int32_t middle;        /* groups between the first and the last one */
    int32_t edge_columns;  /* that `line` goes on within a row of the first or the last group, */
    int32_t inner_columns; /* and of others */
    int32_t in_h;
    int32_t in_w;
    int32_t out_w;
    int32_t channels;
    int32_t stride_h;
    int32_t stride_w; /* 1 or 2 */
    int32_t pad_top;  /* rows of padding above the input, 0 or 1 */
    int32_t pad_left; /* columns of padding left of the input, and right of it: 0 or 1 */
    int32_t pad_right;
    int32_t in_zero_point;   /* in [-128, 127] */
    int32_t out_zero_point;  /* in [-128, 127] */
    int32_t act_min;         /* in [-128, act_max] */
    int32_t act_max;         /* in [act_min, 127] */
    int32_t in_pixel_step;   /* bytes from one input pixel to the next: channels, or 1 */
    int32_t in_channel_step; /* bytes from one channel to the next: 1, or in_w */
    int32_t out_pixel_step;  /* likewise for the output */
    int32_t out_channel_step;
    const int8_t *weight;   /* [channels, 3, 3] */
    const int32_t *factors; /* [channels, 2]: bias * 2^8 + shift, and te_requantize's multiplier;
                               the bias is less in_zero_point times the sum of the weights, the
                               shift is to the right beyond 33 bits, in [0, 28] */
} te_depthwise_conv2d_base_3x3_params;

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8,
 * where negative sums are clamped or halves round up anyway. At most a column of padding is on
 * either side of the input, and a row above and below it.
 *
 * Rows are [w, channels] or [channels, w] by the steps. Scratch: three rows of what groups of four
 * outputs see, in bytes, for a channel's rows with their padding. The output may follow the input
 * row by row: while row r is written, the input rows that rows from r on read are unchanged.
 */
void te_depthwise_conv2d_s8_base_3x3(const te_depthwise_conv2d_base_3x3_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch);

#endif
