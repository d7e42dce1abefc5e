/* Fully connected operator for the DSP extension. */
#ifndef TE_DSP_FULLY_CONNECTED_H
#define TE_DSP_FULLY_CONNECTED_H

#include "te_mend.h"
#include "te_rows.h"

typedef struct {
    int32_t in_c;          /* elements of an input row */
    int32_t out_c;         /* elements of an output row */
    int32_t act_min;       /* in [-128, act_max] */
    int32_t act_max;       /* in [act_min, 127] */
    int32_t pairs;         /* pairs of an input row as expanded */
    int32_t fours_words;   /* words of the records of four outputs */
    int32_t words;         /* words of all records */
    int32_t even_words;    /* words of the records but that of a last odd output */
    int32_t rounding;      /* of int8 weights only, as the offset: see te_dsp_conv_w8.h */
    int32_t offset;        /* where a sum of 0 becomes an output */
    const int32_t *weight; /* see te_dsp_product.h, te_dsp_conv_w8.h, w16.h, w4.h */
} te_fully_connected_dsp_params;

/* out = clamp(out_zero_point + te_requantize_double(sum of (in - in_zero_point) *
 *             (weight - weight_zero_point) + bias)), int8.
 *
 * A row of in has in_c elements and gives a row of out_c elements. The factors are such that the
 * result is te_requantize_double's for every sum that the weights allow. The weights are packed as
 * `_w16` or `_w4` or neither: int16, 4 bits (and out_c at least 4) or int8; only int16 weights have a
 * zero point.
 * Loads that are not aligned must be allowed where in_c is no multiple of 4.
 * Scratch, aligned to 4: 4 * pairs bytes, made a multiple of 16. The output may follow the input row by row.
 */
void te_fully_connected_s8_dsp(const te_fully_connected_dsp_params *op, te_src in, te_dst out,
                               int32_t first, int32_t last, void *scratch);
void te_fully_connected_s8_dsp_w16(const te_fully_connected_dsp_params *op, te_src in, te_dst out,
                                   int32_t first, int32_t last, void *scratch);
void te_fully_connected_s8_dsp_w4(const te_fully_connected_dsp_params *op, te_src in, te_dst out,
                                  int32_t first, int32_t last, void *scratch);

/* Parameters of te_fully_connected_s8_dsp, and the sums that its factors miss. */
typedef struct {
    const te_fully_connected_dsp_params *kernel;
    const te_mend_params *mend;
} te_fully_connected_dsp_even_params;

/* The same, and every row is mended. */
void te_fully_connected_s8_dsp_even(const te_fully_connected_dsp_even_params *op, te_src in,
                                    te_dst out, int32_t first, int32_t last, void *scratch);

#endif
