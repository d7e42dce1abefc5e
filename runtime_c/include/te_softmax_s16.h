/* Softmax of int16 over the elements of a row. */
#ifndef TE_SOFTMAX_S16_H
#define TE_SOFTMAX_S16_H

#include "te_rows.h"

typedef struct {
    int32_t depth;               /* elements of a distribution, at most 65535 */
    int32_t multiplier;          /* beta * input scale * 6553.5: te_requantize's */
    int32_t shift;               /* such that 65535 * 2^shift fits 32 bits */
    const int16_t *exponentials; /* [513]: exp on [-10, 0], 2^15 times */
    const int16_t *reciprocals;  /* [513]: 1 / (1 + x) on [0, 1], 2^15 times */
} te_softmax_s16_params;

/* out = exp(beta * in) / sum of exp(beta * in) in units of 2^-15, int16: both functions are what
 * lies between entries of their tables.
 *
 * A row is one distribution. No scratch. The output may stand exactly over the input: each element
 * is written after all reads for those before it.
 */
void te_softmax_s16(const te_softmax_s16_params *op, te_src in, te_dst out, int32_t first,
                    int32_t last);

#endif
