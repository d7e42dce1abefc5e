/* Two-dimensional convolution for MVE. */
#ifndef TE_MVE_CONV2D_H
#define TE_MVE_CONV2D_H

#include "te_mve_conv.h"

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8,
 * for every shape, stride, padding and dilation.
 *
 * in is [in_h, in_w, in_c], out is [out_h, out_w, out_c].
 * Scratch: 48 * blocks + 8 bytes, for the windows of three pixels and a last record's outputs.
 * The output may follow the input pixel by pixel.
 */
void te_conv2d_s8_mve(const te_conv2d_mve_params *op, te_src in, te_dst out, int32_t first,
                      int32_t last, void *scratch);

#endif
