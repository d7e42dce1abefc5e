/* Where along a dimension the greatest element stands; the least one, with all bits inverted. */
#ifndef TE_ARG_EXTREME_H
#define TE_ARG_EXTREME_H

#include "te_rows.h"

typedef struct {
    int32_t in_row_bytes; /* bytes of an input row */
    int32_t row_elements; /* indices of an output row */
    int32_t count;        /* elements along the dimension, at least 1 */
    int32_t inner;        /* elements that stand side by side behind each of them */
    int32_t row_step;     /* input rows from one of them to the next: 0 within a row */
    int32_t byte_step;    /* bytes from one of them to the next: 0 across rows */
    uint8_t is_64_bit;    /* indices are int64_t, else int32_t */
    uint8_t flip;         /* bits to change: 0x00 greatest int8, 0x80 uint8; 0xFF, 0x7F least */
} te_arg_extreme_params;

/* Output [outer, inner] of input [outer, count, inner]: the index in [0, count) of the first of the
 * greatest (int8_t)(byte ^ flip). Both may be cut into rows anywhere, but either inner is a
 * whole number of input rows or a row holds all of [count, inner]. No scratch. All of the input is
 * needed until the output is complete.
 */
void te_arg_extreme_s8(const te_arg_extreme_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last);

#endif
