/* Means of each channel for the DSP extension. */
#ifndef TE_MEAN_DSP_H
#define TE_MEAN_DSP_H

#include "te_rows.h"

typedef struct {
    int32_t channels;
    int32_t row_pixels;  /* means per output row, of all channels each */
    int32_t out_w;       /* columns of means: 1 where w is reduced, else the input's */
    int32_t window_h;    /* rows per mean: 1 where h is kept, else the input's */
    int32_t window_w;    /* columns per mean: 1 where w is kept, else the input's */
    int32_t zero_points; /* input zero point times the number of elements of a mean */
    int32_t multiplier;  /* te_requantize_folded's factors of a mean */
    int32_t offset;
    int32_t shift; /* [1, 30] */
} te_mean_dsp_params;

/* What te_mean_s8 gives for means over rows, columns or both of one image, in about one
 * instruction per element and 14 per mean.
 *
 * in is [in_h, in_w, channels]; the means are [in_h / window_h, out_w, channels], and the output's
 * rows may cut them between pixels. No scratch. While output row r is written, all input rows that
 * rows >= r read are still needed.
 */
void te_mean_s8_dsp(const te_mean_dsp_params *op, te_src in, te_dst out, int32_t first,
                    int32_t last);

#endif
