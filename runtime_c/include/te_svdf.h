/* SVDF: a matrix product of which the last results are kept, and sums of those over time. */
#ifndef TE_SVDF_H
#define TE_SVDF_H

#include "te_rows.h"

typedef struct {
    int32_t batch;
    int32_t in_c;   /* elements of a vector of the batch */
    int32_t units;  /* elements of its output */
    int32_t rank;   /* filters that are summed up for a unit */
    int32_t memory; /* results that are kept of each filter */
    int32_t feature_multiplier;
    int32_t feature_shift;
    int32_t time_multiplier;
    int32_t time_shift;
    int32_t out_zero_point;       /* in [-128, 127] */
    const int8_t *feature_weight; /* [units * rank, in_c] */
    const int32_t *feature_bias;  /* [units * rank]: -in_zero_point * sum of the row's weights */
    const int16_t *time_weight;   /* [units * rank, memory] */
    const int32_t *bias;          /* [units], or NULL */
} te_svdf_params;

/* result[f] = te_requantize(sum of (in - in_zero_point) * feature_weight[f]), clamped to int16.
 * out = clamp(out_zero_point + te_requantize(bias + sum over the filters f of the unit of
 *             sum of history[f] * time_weight[f])), int8; sums are modulo 2^32.
 *
 * All is one row. The history has [batch, units * rank, memory] elements: of each filter, the oldest
 * is dropped and result[f] appended, before the sums. No scratch. The output must not overlap the input.
 */
void te_svdf_s8(const te_svdf_params *op, te_src in, te_dst out, te_dst history, int32_t first,
                int32_t last);

/* The same with the DSP extension. Rows of feature weights are filled up with zeros to whole quads.
 * Scratch: 8 bytes for every quad of in_c, and 2 for every filter.
 */
void te_svdf_s8_dsp(const te_svdf_params *op, te_src in, te_dst out, te_dst history, int32_t first,
                    int32_t last, void *scratch);

/* The same for MVE. */
void te_svdf_s8_mve(const te_svdf_params *op, te_src in, te_dst out, te_dst history, int32_t first,
                    int32_t last);

#endif
