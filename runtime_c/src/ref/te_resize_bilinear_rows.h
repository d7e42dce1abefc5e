/* The loops of bilinear resizing of int8. `goes_up` is a constant: 1 where halves are rounded up, 0
 * where they go away from zero.
 */
#ifndef TE_RESIZE_BILINEAR_ROWS_H
#define TE_RESIZE_BILINEAR_ROWS_H

#include "te_resize_bilinear.h"

#define TE_RESIZE_ONE 1024

/* The two input indices around a position, and the weight of the second in 1/1024. The weight is
 * negative before the first pixel, where both indices are 0.
 */
typedef struct {
    int32_t lower;
    int32_t upper;
    int32_t fraction;
} te_resize_tap;

static inline te_resize_tap te_resize_find_tap(int32_t position, int32_t in_size)
{
    const int32_t lower = position > 0 ? position / TE_RESIZE_ONE : 0;
    const int32_t upper = (position + TE_RESIZE_ONE - 1) / TE_RESIZE_ONE;
    const te_resize_tap tap = {
        lower,
        upper < in_size ? upper : in_size - 1,
        position - lower * TE_RESIZE_ONE,
    };
    return tap;
}

/* Computes one output row from the rows above and below it. The weights are at most 1536 each, so
 * that all sums fit 32 bits.
 */
static inline void te_resize_blend_row(const te_resize_bilinear_params *op, const int8_t *above,
                                       const int8_t *below, int32_t down, int8_t *out,
                                       int32_t goes_up)
{
    const int32_t channels = op->channels;
    const int32_t up = TE_RESIZE_ONE - down;
    for (int32_t ow = 0; ow < op->out_w; ow++) {
        const te_resize_tap tap = te_resize_find_tap(ow * op->scale_w + op->offset_w, op->in_w);
        const int32_t right = tap.fraction;
        const int32_t left = TE_RESIZE_ONE - right;
        const int32_t at_left = tap.lower * channels;
        const int32_t at_right = tap.upper * channels;
        for (int32_t c = 0; c < channels; c++) {
            const int32_t upper = above[at_left + c] * left + above[at_right + c] * right;
            const int32_t lower = below[at_left + c] * left + below[at_right + c] * right;
            const int32_t sum = upper * up + lower * down;
            const int32_t half = TE_RESIZE_ONE * TE_RESIZE_ONE / 2;
            const int32_t rounded = sum > 0 ? sum + half : sum - half + goes_up;
            out[c] = (int8_t)(rounded / (TE_RESIZE_ONE * TE_RESIZE_ONE));
        }
        out += channels;
    }
}

/* Computes output rows [first, last). */
static inline void te_resize_bilinear_rows(const te_resize_bilinear_params *op, te_src in,
                                           te_dst out, int32_t first, int32_t last, int32_t goes_up)
{
    for (int32_t oh = first; oh < last; oh++) {
        const te_resize_tap tap = te_resize_find_tap(oh * op->scale_h + op->offset_h, op->in_h);
        const int8_t *const above = te_src_row(in, tap.lower);
        const int8_t *const below = te_src_row(in, tap.upper);
        te_resize_blend_row(op, above, below, tap.fraction, te_dst_row(out, oh), goes_up);
    }
}

#endif
