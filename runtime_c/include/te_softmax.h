/* Softmax over the last dimension. */
#ifndef TE_SOFTMAX_H
#define TE_SOFTMAX_H

#include "te_rows.h"

typedef struct {
    int32_t depth;               /* elements per row, at least 1 */
    const int32_t *exponentials; /* [differences]: exp(-beta * scale * i) in Q0.31, 0 included */
    int32_t differences;         /* in [1, 256]: what is further below the maximum counts as 0 */
} te_softmax_params;

/* out = exp(in - max) / sum of exp(in - max) in units of 1/256 with zero point -128, int8.
 *
 * A row is one distribution. The sum is held in Q12.19 and divided by three Newton-Raphson steps.
 * No scratch. The output may stand exactly over the input: element i is written after everything
 * that elements <= i need has been read.
 */
void te_softmax_s8(const te_softmax_params *op, te_src in, te_dst out, int32_t first, int32_t last);

/* The same in units of 1/65536 with zero point -32768, int16; rows have 511 elements at most. */
void te_softmax_s8_s16(const te_softmax_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last);

#endif
