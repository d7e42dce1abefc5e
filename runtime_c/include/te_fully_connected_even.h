/* Fully connected operator, rounded once, halves to even. */
#ifndef TE_FULLY_CONNECTED_EVEN_H
#define TE_FULLY_CONNECTED_EVEN_H

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
    const int32_t *multiplier; /* [out_c] or [1]: mantissas in [2^23, 2^24) */
    const int8_t *shift;       /* [out_c] or [1], in [4, 84]: a factor is multiplier / 2^shift */
} te_fully_connected_even_params;

/* As te_fully_connected_s8, but with te_requantize_even for te_requantize_double. */
void te_fully_connected_s8_even(const te_fully_connected_even_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last);

#endif
