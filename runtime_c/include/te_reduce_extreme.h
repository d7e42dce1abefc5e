/* The greatest element along a dimension; the least one, with all bits inverted. */
#ifndef TE_REDUCE_EXTREME_H
#define TE_REDUCE_EXTREME_H

#include "te_rows.h"

typedef struct {
    int32_t rows;     /* input rows of an output row */
    int32_t row_step; /* from one of them to the next */
    int32_t parts;    /* a row is [parts, count, inner] */
    int32_t count;    /* elements of each row among which an extreme one is wanted */
    int32_t inner;    /* elements that stand side by side behind each of them */
    uint8_t flip;     /* bits to change for the comparison: 0x00 greatest, 0xFF least */
} te_reduce_extreme_params;

/* Output rows [parts, inner] of input rows [parts, count, inner]: the element whose
 * (int8_t)(byte ^ flip) is the greatest. Output row r reads `rows` input rows, each row_step behind
 * the other; the first is r % row_step + r / row_step * row_step * rows. No scratch. Row progress: an
 * input row may be overwritten once the output row that reads it is done.
 */
void te_reduce_extreme_s8(const te_reduce_extreme_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last);

/* The same of int16, all bits of which are changed where flip is 0xFF. */
void te_reduce_extreme_s16(const te_reduce_extreme_params *op, te_src in, te_dst out, int32_t first,
                           int32_t last);

#endif
