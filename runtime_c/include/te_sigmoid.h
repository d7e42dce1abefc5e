/* The logistic function and the hyperbolic tangent of int16. */
#ifndef TE_SIGMOID_H
#define TE_SIGMOID_H

#include "te_rows.h"

typedef struct {
    int32_t row_elements;  /* elements per row */
    int32_t multiplier;    /* [0, 2^15): of the argument, which counts 1/12288 */
    int32_t shift;         /* [0, 31] */
    const uint16_t *table; /* [256]: 65536 / (1 + exp(-i / 24)) */
} te_sigmoid_params;

/* With x = (in * multiplier + half) >> shift, which must fit 32 bits: what lies between the entries
 * of the table, 512 steps of x apart, and mirrored for x < 0; int16 in units of 2^-15.
 *
 * No scratch. The output may stand exactly over the input: each element is written after it is
 * read.
 */
void te_logistic_s16(const te_sigmoid_params *op, te_src in, te_dst out, int32_t first,
                     int32_t last);

/* The same with 256 steps between entries: tanh(x) = 2 * logistic(2 * x) - 1. */
void te_tanh_s16(const te_sigmoid_params *op, te_src in, te_dst out, int32_t first, int32_t last);

#endif
