/* Fully connected operator with weights that are mostly 0, for the DSP extension. */
#ifndef TE_DSP_FULLY_CONNECTED_SPARSE_H
#define TE_DSP_FULLY_CONNECTED_SPARSE_H

#include "te_rows.h"

typedef struct {
    int32_t out_c;    /* elements of an output row */
    int32_t act_min;  /* in [-128, act_max] */
    int32_t act_max;  /* in [act_min, 127] */
    int32_t rounding; /* TE_CONV_UP_LESS or UP_MORE; and the offset: see te_dsp_conv_w8.h */
    int32_t offset;
    const int8_t *taps;    /* the weights that are not 0, see te_dsp_sparse_product.h; so are */
    const int32_t *factor; /* [out_c, 3] */
} te_fully_connected_dsp_sparse_params;

/* out = clamp(out_zero_point + te_requantize_double(sum of (in - in_zero_point) * weight + bias)), int8.
 *
 * A row of in gives a row of out_c elements. The factors are such that the result is
 * te_requantize_double's for every sum that the weights allow. Loads that are not aligned must be
 * allowed. The output may follow the input row by row.
 */
void te_fully_connected_s8_dsp_sparse(const te_fully_connected_dsp_sparse_params *op, te_src in,
                                      te_dst out, int32_t first, int32_t last);

#endif
