/* Depthwise convolution for the DSP extension. */
#ifndef TE_DSP_DEPTHWISE_CONV2D_H
#define TE_DSP_DEPTHWISE_CONV2D_H

#include "te_mend.h"
#include "te_rows.h"

/* Rows that a window may have. */
#define TE_DEPTHWISE_ROWS 16

typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t in_c;
    int32_t out_w;
    int32_t out_c;
    int32_t multiplier; /* output channels per input channel; 1 where rows are [W][C] */
    int32_t kernel_h;   /* in [1, TE_DEPTHWISE_ROWS] */
    int32_t stride_h;
    int32_t pad_top;       /* rows of padding above the input */
    int32_t pad_left;      /* columns of padding left of the input */
    int32_t pixel_step;    /* bytes from one output pixel to the next: out_c, or 1 */
    int32_t channel_step;  /* bytes from one output channel to the next: 1, or out_w */
    int32_t strip;         /* outputs computed at a time, even */
    int32_t record_words;  /* words of a record, one per output channel */
    int8_t in_zero_point;  /* in [-128, 127] */
    int8_t act_min;        /* in [-128, act_max] */
    int8_t act_max;        /* in [act_min, 127] */
    int8_t reads_channels; /* 1 where input rows are [C][W], 0 where they are [W][C] */
    int8_t is_fused;       /* 1 where the last of an odd number of rows stands alone in `weight` */
    int8_t is_signed; /* 1: outputs are te_requantize_folded of sums / 2; see te_depthwise_store */
    int8_t is_packed; /* 1: `weight` holds packed records, which become those; not signed. 2: the
                       * same, of outputs that are rounded once */
    int8_t out_zero_point; /* in [-128, 127]; of packed records */
    const int32_t *weight; /* records, see te_depthwise_dsp, or packed ones */
} te_depthwise_conv2d_dsp_params;

/* te_depthwise_conv2d_s8 with dilation 1, for windows 3, 5 or 7 wide and horizontal strides 1 and 2
 * (the numbers in the names), at most TE_DEPTHWISE_ROWS high. Rows are [W][C] with at least four
 * channels and a multiplier of 1, or [C][W]; the output's are either, by its steps.
 *
 * Scratch: four times 3 columns / 2 + strip words, with columns = stride * strip + width - 1; behind
 * them four records where they are packed. While an output row is written, the input rows that it
 * and later ones read must be unchanged.
 */
void te_depthwise_conv2d_s8_dsp_3_1(const te_depthwise_conv2d_dsp_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_3_2(const te_depthwise_conv2d_dsp_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_5_1(const te_depthwise_conv2d_dsp_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_5_2(const te_depthwise_conv2d_dsp_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_7_1(const te_depthwise_conv2d_dsp_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_7_2(const te_depthwise_conv2d_dsp_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last, void *scratch);

/* The same, with packed records of weights of 4 bits: see te_dsp_depthwise_nibbles.h. */
void te_depthwise_conv2d_s8_dsp_3_1_w4(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_3_2_w4(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_5_1_w4(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_5_2_w4(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_7_1_w4(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_7_2_w4(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last, void *scratch);

/* te_depthwise_conv2d_s8 of 3x3 windows without dilation, with horizontal strides 1 and 2 (the
 * second number in the names), padding of 0 or 1 columns left of the input, windows that end at
 * most one column behind it, at least two of them inside it, and a multiplier of 1; `is_signed` is
 * 0. Input rows are [C][W]; a record of `weight` is as te_dsp_depthwise_rows.h says.
 *
 * Scratch: in_w bytes, made a multiple of 4; behind them 8 records where they are packed. While an
 * output row is written, the input rows that it and later ones read must be unchanged.
 */
void te_depthwise_conv2d_s8_dsp_3_1_channels(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                             te_dst out, int32_t first, int32_t last,
                                             void *scratch);
void te_depthwise_conv2d_s8_dsp_3_2_channels(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                             te_dst out, int32_t first, int32_t last,
                                             void *scratch);

/* The same, with packed records of weights of 4 bits. */
void te_depthwise_conv2d_s8_dsp_3_1_channels_w4(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                                te_dst out, int32_t first, int32_t last,
                                                void *scratch);
void te_depthwise_conv2d_s8_dsp_3_2_channels_w4(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                                te_dst out, int32_t first, int32_t last,
                                                void *scratch);

typedef struct {
    int32_t in_h;
    int32_t channels;
    int32_t kernel_h; /* in [1, TE_DEPTHWISE_ROWS] */
    int32_t stride_h;
    int32_t pad_top;       /* rows of padding above the input */
    int32_t in_zero_point; /* in [-128, 127] */
    int32_t act_min;       /* in [-128, act_max] */
    int32_t act_max;       /* in [act_min, 127] */
    int32_t is_signed;     /* 1: outputs are te_requantize_folded of sums / 2 */
    int32_t record_words;  /* words of `weight` per four channels */
    const int32_t *weight; /* [(channels + 3) / 4, record_words] */
} te_depthwise_column_dsp_params;

/* te_depthwise_conv2d_s8 of images one pixel wide, with windows one wide, at most
 * TE_DEPTHWISE_ROWS high, dilation 1 and a multiplier of 1.
 *
 * A record of `weight` is of four channels: their biases; for every two rows of the window, their
 * pairs of weights (an odd last row is paired with 0); their multipliers, offsets, bits.
 *
 * No scratch. While an output row is written, the input rows that it and later ones read must be
 * unchanged.
 */
void te_depthwise_conv2d_s8_dsp_column(const te_depthwise_column_dsp_params *op, te_src in,
                                       te_dst out, int32_t first, int32_t last);

/* Parameters of a kernel above, and the sums that its factors miss. */
typedef struct {
    const te_depthwise_conv2d_dsp_params *kernel;
    const te_mend_params *mend;
} te_depthwise_conv2d_dsp_even_params;

/* The same, and every row is mended. */
void te_depthwise_conv2d_s8_dsp_3_1_even(const te_depthwise_conv2d_dsp_even_params *op, te_src in,
                                         te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_3_2_even(const te_depthwise_conv2d_dsp_even_params *op, te_src in,
                                         te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_5_1_even(const te_depthwise_conv2d_dsp_even_params *op, te_src in,
                                         te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_5_2_even(const te_depthwise_conv2d_dsp_even_params *op, te_src in,
                                         te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_7_1_even(const te_depthwise_conv2d_dsp_even_params *op, te_src in,
                                         te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_7_2_even(const te_depthwise_conv2d_dsp_even_params *op, te_src in,
                                         te_dst out, int32_t first, int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_3_1_channels_even(const te_depthwise_conv2d_dsp_even_params *op,
                                                  te_src in, te_dst out, int32_t first,
                                                  int32_t last, void *scratch);
void te_depthwise_conv2d_s8_dsp_3_2_channels_even(const te_depthwise_conv2d_dsp_even_params *op,
                                                  te_src in, te_dst out, int32_t first,
                                                  int32_t last, void *scratch);

/* Parameters of the kernel for columns, and the sums that its factors miss. */
typedef struct {
    const te_depthwise_column_dsp_params *kernel;
    const te_mend_params *mend;
} te_depthwise_column_dsp_even_params;

/* The same, and every row is mended. */
void te_depthwise_conv2d_s8_dsp_column_even(const te_depthwise_column_dsp_even_params *op,
                                            te_src in, te_dst out, int32_t first, int32_t last);

#endif
