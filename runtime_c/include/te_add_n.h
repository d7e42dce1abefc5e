/* The sum of several tensors that are quantized alike. */
#ifndef TE_ADD_N_H
#define TE_ADD_N_H

#include "te_rows.h"

/* Bits by which sums are shifted to the left before they are scaled. */
#define TE_FINE_SUM_SHIFT 19

typedef struct {
    int32_t operands;       /* at least 1 */
    int32_t row_elements;   /* of every operand and of the output */
    int32_t zero_points;    /* zero point of the operands times one more than they are */
    int32_t multiplier;     /* operand scale / (output scale * 2^19) */
    int32_t shift;          /* [-31, 0]; no sum leaves 32 bits */
    int32_t out_zero_point; /* [-128, 127] */
} te_add_n_params;

/* out = clamp(requantize((sum of in[k] - zero_points) * 2^19) + out_zero_point, -128, 127), int8.
 *
 * No scratch. The output may stand exactly over an operand: element i is written after everything
 * that elements <= i need has been read.
 */
void te_add_n_s8(const te_add_n_params *op, const te_src *in, te_dst out, int32_t first,
                 int32_t last);

#endif
