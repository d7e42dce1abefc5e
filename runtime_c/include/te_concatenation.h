/* Concatenation: operands one after the other along one dimension. */
#ifndef TE_CONCATENATION_H
#define TE_CONCATENATION_H

#include "te_rows.h"

#include <stdint.h>

/* How the operands share the output. Along batch or height (`by_rows` 1) every output row is a row
 * of one operand; along another dimension (`by_rows` 0) every output row has a part of each.
 */
typedef struct {
    int32_t operands;       /* number of operands, at least 1 */
    int32_t by_rows;        /* 1: joined along batch or height, 0: within the row */
    int32_t out_h;          /* by rows: output rows after which the operands start again */
    int32_t parts;          /* within the row: how often the operands take turns in a row */
    int32_t row_bytes;      /* bytes of an output row */
    const int32_t *extents; /* per operand: its rows among out_h, or its bytes at each turn */
} te_concatenation_params;

/* out = inputs[0], inputs[1], ... along one dimension; `inputs` has `operands` entries
 *
 * For elements of whole bytes, of any dimensions and rank; above rank 4 a tensor is one row. By
 * rows, an output row reads one row of one operand and none of the others; within the row it reads
 * the row of the same number of every operand. No scratch. Row progress: an input row may be
 * overwritten once the output row that reads it is done.
 */
void te_concatenation_s8(const te_concatenation_params *op, const te_src *inputs, te_dst out,
                         int32_t first, int32_t last);

#endif
