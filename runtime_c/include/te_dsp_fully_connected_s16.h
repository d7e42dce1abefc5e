/* Fully connected operator of int16 for the DSP extension. */
#ifndef TE_DSP_FULLY_CONNECTED_S16_H
#define TE_DSP_FULLY_CONNECTED_S16_H

#include "te_rows.h"

typedef struct {
    int32_t in_c;          /* elements of an input row */
    int32_t out_c;         /* elements of an output row */
    int32_t pairs;         /* pairs of an input row, rounded up to a multiple of 4 */
    int32_t act_min;       /* in [-32768, act_max] */
    int32_t act_max;       /* in [act_min, 32767] */
    int32_t factor_step;   /* 1: a factor per output element, 0: one for all */
    const int32_t *weight; /* (out_c + 3) / 4 records: the biases of four outputs, then for every
                                  pair of the row a pair of weights, less their zero point, of each */
    const int32_t *multiplier; /* [out_c] or [1], in [0, 2^30] */
    const int32_t *fraction;   /* [out_c] or [1], of 2^32 */
    const int8_t *shift;       /* [out_c] or [1], in [1, 31] */
} te_fully_connected_s16_dsp_params;

/* out = clamp(sum * (multiplier + fraction / 2^32) / 2^(32 + shift), rounded), int16, with the sum of
 * in * (weight - weight_zero_point) + bias; halves go up. The factors are such that this is what
 * te_requantize_double gives for every sum that there can be.
 *
 * A row of in has in_c elements and gives a row of out_c elements. Every sum fits 32 bits.
 * Scratch, aligned to 4: 4 * pairs bytes. The output may follow the input row by row: row r is
 * written while the input rows after r are unchanged.
 */
void te_fully_connected_s16_dsp(const te_fully_connected_s16_dsp_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last, void *scratch);

#endif
