/* Two-dimensional convolution for cores without the DSP extension. */
#ifndef TE_BASE_CONV2D_H
#define TE_BASE_CONV2D_H

#include "te_mend.h"
#include "te_rows.h"

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
    int32_t pixel_step;     /* bytes from one output pixel to the next: out_c, or 1 */
    int32_t channel_step;   /* bytes from one output channel to the next: 1, or out_w */
    int32_t group;          /* pixels computed at a time, 4 or 2 */
    const int8_t *weight;   /* of all channels, in chunks: te_base_dot.h */
    const int32_t *channel; /* [out_c, TE_BASE_WORDS] */
} te_conv2d_base_params;

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8,
 * for every shape, stride, padding and dilation.
 *
 * in is [in_h, in_w, in_c], out is [out_h, out_w, out_c], or [out_h, out_c, out_w] by the steps.
 * Scratch, aligned to 4: 2 * group bytes for each of the kernel_h * kernel_w * in_c taps, two at
 * least, and in_c bytes.
 * The output may follow the input pixel by pixel where it is [out_h, out_w, out_c], else row by
 * row.
 */
void te_conv2d_s8_base(const te_conv2d_base_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last, void *scratch);

/* The same with weights of 4 bits: the chunks of every channel, as te_base_weights_w4.h says. */
void te_conv2d_s8_base_w4(const te_conv2d_base_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last, void *scratch);

/* Parameters of a kernel above, and the sums that the factors miss. */
typedef struct {
    const te_conv2d_base_params *kernel;
    const te_mend_params *mend;
} te_conv2d_base_even_params;

/* The same, but products are rounded down, and every row is mended: the output may follow the input row by row. */
void te_conv2d_s8_base_even(const te_conv2d_base_even_params *op, te_src in, te_dst out,
                            int32_t first, int32_t last, void *scratch);

#endif
