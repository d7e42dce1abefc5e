/* Fully connected operator: a matrix product. */
#ifndef TE_FULLY_CONNECTED_H
#define TE_FULLY_CONNECTED_H

#include "te_rows.h"

typedef struct {
    int32_t in_c;              /* elements of an input row */
    int32_t out_c;             /* elements of an output row */
    int32_t weight_zero_point; /* in [-128, 127]; usually 0 */
    int32_t out_zero_point;    /* in [-128, 127] */
    int32_t act_min;           /* in [-128, act_max] */
    int32_t act_max;           /* in [act_min, 127] */
    int32_t factor_step;       /* 1: a factor per output element, 0: one for all */
    const int8_t *weight;      /* [out_c, in_c] */
    const int32_t *bias;       /* [out_c]: bias - in_zero_point * sum of the row's weights, less
                                  their zero point each */
    const int32_t *multiplier; /* [out_c] or [1]: te_requantize_double's */
    const int32_t *fraction;   /* [out_c] or [1]: te_requantize_double's */
    const int8_t *shift;       /* [out_c] or [1]: te_requantize_double's */
} te_fully_connected_params;

/* out = clamp(out_zero_point + te_requantize_double(sum of (in - in_zero_point) *
 *             (weight - weight_zero_point) + bias)), int8.
 *
 * A row of in has in_c elements and gives a row of out_c elements. Every sum that starts with
 * `bias` and has any of the products in * weight added must fit 32 bits.
 * No scratch. The output may follow the input row by row: row r is written while the input rows
 * from r on are unchanged.
 */
void te_fully_connected_s8(const te_fully_connected_params *op, te_src in, te_dst out,
                           int32_t first, int32_t last);

/* The same of int16 with weights of int8: zero points but that of the weights are 0. */
void te_fully_connected_s16(const te_fully_connected_params *op, te_src in, te_dst out,
                            int32_t first, int32_t last);

#endif
