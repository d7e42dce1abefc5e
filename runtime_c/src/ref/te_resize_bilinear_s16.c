/* Bilinear resizing of int16, portable C. */
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

static te_resize_tap te_resize_find_tap(int32_t position, int32_t in_size)
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
 * that what is blended of a row fits 32 bits, and of both rows 64.
 */
static void te_resize_blend_row(const te_resize_bilinear_params *op, const int16_t *above,
                                const int16_t *below, int32_t down, int16_t *out)
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
            const int64_t sum = (int64_t)upper * up + (int64_t)lower * down;
            const int64_t half = TE_RESIZE_ONE * TE_RESIZE_ONE / 2;
            const int64_t rounded = sum > 0 ? sum + half : sum - half;
            out[c] = (int16_t)(rounded / (TE_RESIZE_ONE * TE_RESIZE_ONE));
        }
        out += channels;
    }
}

TE_SHARED void te_resize_bilinear_s16(const te_resize_bilinear_params *op, te_src in, te_dst out,
                                      int32_t first, int32_t last)
{
    for (int32_t oh = first; oh < last; oh++) {
        const te_resize_tap tap = te_resize_find_tap(oh * op->scale_h + op->offset_h, op->in_h);
        const int16_t *const above = te_src_row_s16(in, tap.lower);
        const int16_t *const below = te_src_row_s16(in, tap.upper);
        te_resize_blend_row(op, above, below, tap.fraction, te_dst_row_s16(out, oh));
    }
}
