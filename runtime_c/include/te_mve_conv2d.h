/* Two-dimensional convolution for MVE. */
#ifndef TE_MVE_CONV2D_H
#define TE_MVE_CONV2D_H

#include "te_mend.h"
#include "te_rows.h"

struct te_mve_conv_block;

/* Dot products of windows with records of weights, see te_mve_conv_dot.h: rounds products, too, and
 * halves up; halves away from zero; or rounds only outputs, halves up.
 */
void te_mve_conv_dot_up(const struct te_mve_conv_block *block);
void te_mve_conv_dot_signed(const struct te_mve_conv_block *block);
void te_mve_conv_dot_once(const struct te_mve_conv_block *block);

/* The same for windows of at most nine blocks. */
void te_mve_conv_short_up(const struct te_mve_conv_block *block);
void te_mve_conv_short_signed(const struct te_mve_conv_block *block);
void te_mve_conv_short_once(const struct te_mve_conv_block *block);

/* The same for weights of 4 bits and windows of any length, see te_mve_conv_dot_w4.h. */
void te_mve_conv_dot_w4_up(const struct te_mve_conv_block *block);
void te_mve_conv_dot_w4_signed(const struct te_mve_conv_block *block);

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
    int32_t pad_top;        /* rows of padding above the input */
    int32_t pad_left;       /* columns of padding left of the input */
    int32_t in_zero_point;  /* in [-128, 127] */
    int32_t out_zero_point; /* in [-128, 127] */
    int32_t act_min;        /* in [-128, act_max] */
    int32_t act_max;        /* in [act_min, 127] */
    int32_t is_point;       /* whether windows are one pixel that never lies outside the input */
    void (*dot)(const struct te_mve_conv_block *block); /* for the windows and the rounding */
    int32_t inside_first;  /* output columns [inside_first, inside_last) read no padding to the */
    int32_t inside_last;   /* left or right; none where columns of a window are apart */
    int32_t strip;         /* of te_conv2d_s8_mve_columns: output pixels computed at a time, */
    int32_t together;      /* and rows, 1, or 2 if a strip is a row */
    int32_t blocks;        /* of 16 taps of a window, the last one filled up */
    int32_t words;         /* of a record */
    const int32_t *weight; /* (out_c + 3) / 4 records, see te_mve_conv_block */
} te_conv2d_mve_params;

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8,
 * for every shape, stride, padding and dilation.
 *
 * in is [in_h, in_w, in_c], out is [out_h, out_w, out_c].
 * Scratch: 48 * blocks + 8 bytes, for the windows of three pixels and a last record's outputs.
 * The output may follow the input pixel by pixel.
 */
void te_conv2d_s8_mve(const te_conv2d_mve_params *op, te_src in, te_dst out, int32_t first,
                      int32_t last, void *scratch);

/* The same for a dilation of 1. The weights are packed with the taps of a column of the window
 * together, column after column.
 * Scratch: together * ((strip - 1) * stride_w + kernel_w) * kernel_h * in_c + 24 bytes.
 * The output may follow the input row by row.
 */
void te_conv2d_s8_mve_columns(const te_conv2d_mve_params *op, te_src in, te_dst out, int32_t first,
                              int32_t last, void *scratch);

/* The same two with weights of 4 bits: records are those of te_mve_conv_dot_w4.h. */
void te_conv2d_s8_mve_w4(const te_conv2d_mve_params *op, te_src in, te_dst out, int32_t first,
                         int32_t last, void *scratch);
void te_conv2d_s8_mve_columns_w4(const te_conv2d_mve_params *op, te_src in, te_dst out,
                                 int32_t first, int32_t last, void *scratch);

/* Parameters of te_conv2d_s8_mve, and the sums that the factors miss. */
typedef struct {
    const te_conv2d_mve_params *kernel;
    const te_mend_params *mend;
} te_conv2d_mve_even_params;

/* The same, but products are not rounded before they are shifted, and every row is mended: the output
 * may follow the input row by row.
 */
void te_conv2d_s8_mve_even(const te_conv2d_mve_even_params *op, te_src in, te_dst out,
                           int32_t first, int32_t last, void *scratch);

#endif
