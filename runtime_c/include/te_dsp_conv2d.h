/* Two-dimensional convolution for the DSP extension. */
#ifndef TE_DSP_CONV2D_H
#define TE_DSP_CONV2D_H

#include "te_dsp_conv.h"

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8,
 * for every shape, stride, padding and dilation. The weights are packed as `_w16` or not: int16 or
 * int8.
 *
 * in is [in_h, in_w, in_c], out is [out_h, out_w, out_c], or [out_h, out_c, out_w] by the steps.
 * Loads that are not aligned must be allowed where in_c is no multiple of 4.
 * Scratch, aligned to 4: 4 * group * pairs bytes for the expanded windows of a group of pixels;
 * where windows reach into padding or are dilated, group * kernel_w * in_c bytes behind.
 * The output may follow the input pixel by pixel where it is [out_h, out_w, out_c], else row by
 * row.
 */
void te_conv2d_s8_dsp(const te_conv2d_dsp_params *op, te_src in, te_dst out, int32_t first,
                      int32_t last, void *scratch);
void te_conv2d_s8_dsp_w16(const te_conv2d_dsp_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last, void *scratch);

#endif
