/* Logarithm of the softmax over the last dimension. */
#ifndef TE_LOG_SOFTMAX_H
#define TE_LOG_SOFTMAX_H

#include "te_rows.h"

typedef struct {
    int32_t depth;           /* elements per row, in [1, 4095] */
    const int32_t *summands; /* [differences]: exp(-scale * i) in Q12.19 */
    int32_t differences;     /* in [1, 256]: what is further below the maximum counts as 0 */
    int32_t least;           /* negative: differences from it down give -128 */
    int32_t multiplier;      /* of a difference to Q5.26 */
    int32_t shift;           /* [1, 31] */
    int32_t back_multiplier; /* from Q5.26 to a difference */
    int32_t back_shift;      /* [-31, 0] */
} te_log_softmax_params;

/* out = in - max - log(sum of exp(in - max)) in units of 1/16 with zero point 127, int8.
 *
 * A row is one distribution. The sum is held in Q12.19, its logarithm in Q5.26: a quotient of
 * polynomials. No scratch. The output may stand exactly over the input: element i is written after
 * everything that elements <= i need has been read.
 */
void te_log_softmax_s8(const te_log_softmax_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last);

#endif
