/* Bilinear resizing: every output pixel blends the four input pixels around it. */
#ifndef TE_RESIZE_BILINEAR_H
#define TE_RESIZE_BILINEAR_H

#include "te_rows.h"

#include <stdint.h>

/* Shapes, and where the output lies on the input, in 1/1024 of an input pixel: output row oh at
 * oh * scale_h + offset_h, output pixel ow at ow * scale_w + offset_w. Every output pixel lies
 * less than a whole pixel behind the last input pixel and at most half a pixel before the first.
 */
typedef struct {
    int32_t out_w;    /* output pixels per row */
    int32_t in_h;     /* input rows */
    int32_t in_w;     /* input pixels per row */
    int32_t channels; /* bytes per pixel */
    int32_t scale_h;  /* >= 0 */
    int32_t scale_w;  /* >= 0 */
    int32_t offset_h; /* >= -512 */
    int32_t offset_w; /* >= -512 */
} te_resize_bilinear_params;

/* out[oh, ow, c] = the blend of in[h0, w0, c], in[h0, w1, c], in[h1, w0, c] and in[h1, w1, c] with
 * weights of 20 fractional bits, rounded to nearest, halves away from zero
 *
 * [H, W, C] int8. h0 and h1 are the rows just before and after the position, kept inside the
 * input: an output row reads one input row or two neighbours. No scratch. Row progress: an input
 * row may be overwritten once the last output row that reads it is done.
 */
void te_resize_bilinear_s8(const te_resize_bilinear_params *op, te_src in, te_dst out,
                           int32_t first, int32_t last);

/* The same with halves that go up. */
void te_resize_bilinear_s8_up(const te_resize_bilinear_params *op, te_src in, te_dst out,
                              int32_t first, int32_t last);

/* The same of int16, halves away from zero. */
void te_resize_bilinear_s16(const te_resize_bilinear_params *op, te_src in, te_dst out,
                            int32_t first, int32_t last);

#endif
