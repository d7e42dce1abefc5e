/* Leaky ReLU of int16, and with it ReLU and ReLU6. */
#ifndef TE_LEAKY_RELU_H
#define TE_LEAKY_RELU_H

#include "te_rows.h"

typedef struct {
    int32_t row_elements;        /* elements per row */
    int32_t positive_multiplier; /* input scale / output scale */
    int32_t positive_shift;      /* [-31, 15]: 2^15 * 2^15 fits 32 bits */
    int32_t negative_multiplier; /* the slope * input scale / output scale; 0 for ReLU */
    int32_t negative_shift;      /* [-31, 15] */
    int32_t act_min;             /* in [-32768, act_max] */
    int32_t act_max;             /* in [act_min, 32767] */
} te_leaky_relu_params;

/* out = clamp(te_requantize(in)), with the positive factor where in >= 0 and the negative one
 * elsewhere; int16.
 *
 * No scratch. The output may stand exactly over the input: each element is written after it is
 * read.
 */
void te_leaky_relu_s16(const te_leaky_relu_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last);

#endif
