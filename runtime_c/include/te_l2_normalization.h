/* Vectors over their length. */
#ifndef TE_L2_NORMALIZATION_H
#define TE_L2_NORMALIZATION_H

#include "te_rows.h"

typedef struct {
    int32_t depth;         /* elements per row, in [1, 33025]: squares add up to less than 2^31 */
    int32_t in_zero_point; /* [-128, 127] */
} te_l2_normalization_params;

/* out = (in - in_zero_point) / sqrt(sum of (in - in_zero_point)^2) in units of 1/128, int8.
 *
 * A row is one vector. The square root is found by five Newton steps; a vector of zeros stays one.
 * No scratch. The output may stand exactly over the input: element i is written after everything
 * that elements <= i need has been read.
 */
void te_l2_normalization_s8(const te_l2_normalization_params *op, te_src in, te_dst out,
                            int32_t first, int32_t last);

#endif
