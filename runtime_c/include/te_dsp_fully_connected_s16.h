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
    const int32_t *multiplier; /* [out_c] or [1]: te_requantize_double's */
    const int32_t *fraction;   /* [out_c] or [1]: te_requantize_double's */
    const int8_t *shift;       /* [out_c] or [1]: te_requantize_double's */
} te_fully_connected_s16_dsp_params;

/* out = clamp(te_requantize_double(sum of in * (weight - weight_zero_point) + bias)), int16.
 *
 * A row of in has in_c elements and gives a row of out_c elements. Every sum fits 32 bits.
 * Scratch, aligned to 4: 4 * pairs bytes. The output may follow the input row by row: row r is
 * written while the input rows after r are unchanged.
 */
void te_fully_connected_s16_dsp(const te_fully_connected_s16_dsp_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last, void *scratch);

#endif
