/* Fully connected operator of int16 with weights of int8 whose sums have 64 bits. */
#ifndef TE_FULLY_CONNECTED_S16_H
#define TE_FULLY_CONNECTED_S16_H

#include "te_rows.h"

typedef struct {
    int32_t in_c;              /* elements of an input row */
    int32_t out_c;             /* elements of an output row */
    int32_t weight_zero_point; /* in [-128, 127]; usually 0 */
    int32_t act_min;           /* in [-32768, act_max] */
    int32_t act_max;           /* in [act_min, 32767] */
    int32_t factor_step;       /* 1: a factor per output element, 0: one for all */
    const int8_t *weight;      /* [out_c, in_c] */
    const int64_t *bias;       /* [out_c] */
    const int32_t *multiplier; /* [out_c] or [1]: te_requantize_double_wide's */
    const int32_t *fraction;   /* [out_c] or [1]: te_requantize_double_wide's */
    const int8_t *shift;       /* [out_c] or [1]: te_requantize_double_wide's */
} te_fully_connected_s16_wide_params;

/* out = clamp(te_requantize_double_wide(sum of in * (weight - weight_zero_point) + bias)), int16.
 *
 * A row of in has in_c elements and gives a row of out_c elements. Every sum is within 2^47.
 * No scratch. The output may follow the input row by row: row r is written while the input rows
 * from r on are unchanged.
 */
void te_fully_connected_s16_wide(const te_fully_connected_s16_wide_params *op, te_src in,
                                 te_dst out, int32_t first, int32_t last);

#endif
