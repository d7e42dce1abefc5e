/* Two-dimensional convolution of eight channels with a 1x1 window for the DSP extension. */
#ifndef TE_DSP_CONV2D_HELD_H
#define TE_DSP_CONV2D_HELD_H

#include "te_rows.h"

typedef struct {
    int32_t out_w; /* in_w, too; 2 at least */
    int32_t out_c;
    int8_t act_min;        /* in [-128, act_max] */
    int8_t act_max;        /* in [act_min, 127] */
    const int32_t *weight; /* a record for every channel, see te_conv2d_s8_dsp_held.c */
} te_conv2d_dsp_held_params;

/* out = clamp(out_zero_point + te_requantize(sum of (in - in_zero_point) * weight + bias)), int8,
 * for a window of 1x1, a stride of 1 and eight input channels: the weights of an output channel are
 * held in registers for a row, whose pixels are read as they are.
 *
 * in is [in_h, in_w, 8], out is [out_h, out_c, out_w]. The output may follow the input row by row.
 * Loads that are not aligned must be allowed.
 */
void te_conv2d_s8_dsp_held(const te_conv2d_dsp_held_params *op, te_src in, te_dst out,
                           int32_t first, int32_t last);

#endif
