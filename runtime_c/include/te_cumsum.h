/* Sums of all elements up to each one along a dimension. */
#ifndef TE_CUMSUM_H
#define TE_CUMSUM_H

#include "te_rows.h"

/* Bits by which sums are shifted to the left before they are scaled. */
#define TE_CUMSUM_SHIFT 19

typedef struct {
    int32_t row_elements;   /* of input and output */
    int32_t count;          /* elements along the dimension */
    int32_t inner;          /* elements that stand side by side behind each of them */
    int32_t row_step;       /* rows from an element to the one before it: 0 within a row */
    int32_t byte_step;      /* bytes from an element to the one before it: 0 across rows */
    int32_t is_exclusive;   /* leave out the element itself */
    int32_t is_reverse;     /* add up those behind, not those before it */
    int32_t in_zero_point;  /* [-128, 127] */
    int32_t multiplier;     /* input scale / (output scale * 2^19) */
    int32_t shift;          /* [-31, 0]; no sum leaves 32 bits */
    int32_t out_zero_point; /* [-128, 127] */
} te_cumsum_params;

/* out = clamp(requantize((sum of (in - in_zero_point) - in_zero_point) * 2^19) + out_zero_point), int8.
 *
 * Every sum is made anew: they are short, lest they overflow. No scratch. All of the input is needed
 * until the output is complete.
 */
void te_cumsum_s8(const te_cumsum_params *op, te_src in, te_dst out, int32_t first, int32_t last);

#endif
