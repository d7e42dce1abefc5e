/* Two-dimensional depthwise convolution for MVE. */
#ifndef TE_MVE_DEPTHWISE_CONV2D_H
#define TE_MVE_DEPTHWISE_CONV2D_H

#include "te_mve_depthwise.h"

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

#endif
