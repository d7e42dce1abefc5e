/* Product of an image and a vector that has one factor per channel. */
#ifndef TE_MUL_CHANNELS_DSP_H
#define TE_MUL_CHANNELS_DSP_H

#include "te_rows.h"

typedef struct {
    int32_t pixels;            /* per output row */
    int32_t channels;          /* per pixel, and elements of the vector */
    int32_t rhs_is_image;      /* 1: the vector is lhs; 0: it is rhs */
    int32_t vector_zero_point; /* [-128, 127] */
    int32_t image_centre;      /* -128 * the image's zero point */
    int32_t factor;    /* lhs scale * rhs scale / output scale, 32 - doublings fraction bits */
    int32_t offset;    /* zero point and half for rounding, 24 - doublings fraction bits */
    int32_t doublings; /* 1, 2 or 3 */
    int32_t clamps;    /* 1 where act_min or act_max is tighter than int8, else 0 */
    int32_t act_min;   /* [-128, act_max] */
    int32_t act_max;   /* [act_min, 127] */
} te_mul_channels_dsp_params;

/* out = clamp(floor((image - its zero point) * (vector - its zero point) * factor + offset)), int8:
 * what te_mul_s8 gives, in 4.5 to 5.5 instructions per element.
 *
 * image and out are rows of [pixels][channels], vector is one row of [channels]. For a factor and
 * an offset that were checked against te_mul_s8 on all 65,536 pairs of operands. No scratch. The
 * output may stand over the image, element by element; in the very same place or
 * elsewhere it is faster by 0.6 instructions per element.
 */
void te_mul_s8_dsp_channels(const te_mul_channels_dsp_params *op, te_src lhs, te_src rhs,
                            te_dst out, int32_t first, int32_t last);

#endif
