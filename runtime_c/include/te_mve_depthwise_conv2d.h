/* Two-dimensional depthwise convolution for MVE. */
#ifndef TE_MVE_DEPTHWISE_CONV2D_H
#define TE_MVE_DEPTHWISE_CONV2D_H

#include "te_mend.h"
#include "te_rows.h"

struct te_mve_depthwise_rows;

/* Expand so many rows of columns to words, see te_mve_depthwise_call.h. */
void te_mve_depthwise_expand_1(struct te_mve_depthwise_rows *rows);
void te_mve_depthwise_expand_2(struct te_mve_depthwise_rows *rows);
void te_mve_depthwise_expand_3(struct te_mve_depthwise_rows *rows);
void te_mve_depthwise_expand_4(struct te_mve_depthwise_rows *rows);

typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t channels; /* of input and output */
    int32_t out_w;
    int32_t kernel_h; /* at most 16 */
    int32_t kernel_w; /* at most 16 / ((kernel_h + 3) / 4) */
    int32_t stride_h;
    int32_t stride_w;
    int32_t dilation_h;
    int32_t pad_top;        /* rows of padding above the input */
    int32_t pad_left;       /* columns of padding left of the input */
    int32_t in_zero_point;  /* in [-128, 127] */
    int32_t out_zero_point; /* in [-128, 127] */
    int32_t act_min;        /* in [-128, act_max] */
    int32_t act_max;        /* in [act_min, 127] */
    int32_t is_signed;      /* whether outputs of negative sums differ */
    /* The rows of the last word of a column; of te_depthwise_conv2d_s8_mve_patch, kernel_h + 1. */
    void (*expand)(struct te_mve_depthwise_rows *rows);
    int32_t strip;         /* output pixels computed at a time */
    int32_t words;         /* of a record */
    const int32_t *weight; /* (channels + 3) / 4 records, see te_mve_depthwise_block */
} te_depthwise_conv2d_mve_params;

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8.
 *
 * in is [in_h, in_w, channels], out is [out_h, out_w, channels]. For every stride and padding; the
 * name's number is that of the words of a window, filled up: kernel_w * ((kernel_h + 3) / 4).
 * Scratch, aligned to 4: 16 * strip bytes for sums, 16 of padding, and 64 bytes for every word of
 * ((strip - 1) * stride_w + kernel_w) columns and three more.
 * The output may follow the input row by row.
 */
void te_depthwise_conv2d_s8_mve_4(const te_depthwise_conv2d_mve_params *op, te_src in, te_dst out,
                                  int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_mve_8(const te_depthwise_conv2d_mve_params *op, te_src in, te_dst out,
                                  int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_mve_12(const te_depthwise_conv2d_mve_params *op, te_src in, te_dst out,
                                   int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_mve_16(const te_depthwise_conv2d_mve_params *op, te_src in, te_dst out,
                                   int32_t first, int32_t last, void *scratch);

/* The same for images one pixel wide, of at least 16 channels, where products of every two taps of
 * a channel add up in 16 bits. The weights are packed as in te_mve_column.
 * Scratch: a byte of padding for every channel. The output may follow the input row by row.
 */
void te_depthwise_conv2d_s8_mve_column(const te_depthwise_conv2d_mve_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last, void *scratch);

/* The same for windows of up to 3x3 with strides of 1, where outputs of negative sums do not differ
 * and the clamp is that of int8. The weights are packed as in te_mve_patch.
 * Scratch, aligned to 4: 16 bytes of padding, and 64 bytes for every one of strip, rounded up to
 * fours, and two more columns. The output may follow the input row by row.
 */
void te_depthwise_conv2d_s8_mve_patch(const te_depthwise_conv2d_mve_params *op, te_src in,
                                      te_dst out, int32_t first, int32_t last, void *scratch);

/* Parameters of a kernel above, and the sums that the factors miss. */
typedef struct {
    const te_depthwise_conv2d_mve_params *kernel;
    const te_mend_params *mend;
} te_depthwise_conv2d_mve_even_params;

/* The same, but products are not rounded before they are shifted, and every row is mended. */
void te_depthwise_conv2d_s8_mve_4_even(const te_depthwise_conv2d_mve_even_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_mve_8_even(const te_depthwise_conv2d_mve_even_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_mve_12_even(const te_depthwise_conv2d_mve_even_params *op, te_src in,
                                        te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_mve_16_even(const te_depthwise_conv2d_mve_even_params *op, te_src in,
                                        te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_mve_column_even(const te_depthwise_conv2d_mve_even_params *op,
                                            te_src in, te_dst out, int32_t first, int32_t last,
                                            void *scratch);

#endif
