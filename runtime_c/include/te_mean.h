/* Mean over any of the dimensions of [N, H, W, C]. */
#ifndef TE_MEAN_H
#define TE_MEAN_H

#include "te_rows.h"

typedef struct {
    int32_t in_h;           /* input rows per image */
    int32_t in_c;           /* input channels */
    int32_t row_elements;   /* output elements per output row */
    int32_t out_h;          /* rows of means per image: 1 where h is reduced, else in_h */
    int32_t out_w;          /* columns of means: 1 where w is reduced, else the input's */
    int32_t out_c;          /* channels of means: 1 where c is reduced, else in_c */
    int32_t window_n;       /* images per mean: 1 where n is kept, else the input's */
    int32_t window_h;       /* rows per mean: 1 where h is kept, else in_h */
    int32_t window_w;       /* columns per mean: 1 where w is kept, else the input's */
    int32_t window_c;       /* channels per mean: 1 where c is kept, else in_c */
    int32_t zero_points;    /* input zero point times the number of elements of a mean */
    int32_t multiplier;     /* input scale / (output scale * elements of a mean) */
    int32_t shift;          /* [-31, 23] */
    int32_t out_zero_point; /* [-128, 127] */
} te_mean_params;

/* out = clamp(requantize(sum of in - zero_points) + out_zero_point, -128, 127), int8.
 *
 * The output's rows may cut its elements anywhere (dropped dimensions): element i of row r is
 * element r * row_elements + i of [N, out_h, out_w, out_c]. At most 2^23 elements per mean. No
 * scratch. While output row r is written, all input rows that rows >= r read are still needed.
 */
void te_mean_s8(const te_mean_params *op, te_src in, te_dst out, int32_t first, int32_t last);

/* The same of int16: zero points are 0, and there are at most 2^15 elements per mean. */
void te_mean_s16(const te_mean_params *op, te_src in, te_dst out, int32_t first, int32_t last);

#endif
