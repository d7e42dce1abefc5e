/* The larger of two tensors of equal quantization. */
#ifndef TE_MAXIMUM_H
#define TE_MAXIMUM_H

#include "te_binary.h"

typedef struct {
    te_pairs pairs; /* which elements meet */
} te_maximum_params;

/* out = the larger of lhs and rhs, both int8, of any rank up to 4 under broadcasting.
 *
 * Operands and output are rows of [N, H, W, C]; an operand may have fewer rows than the output
 * where it is broadcast. No scratch. The output may stand exactly over an operand of its own
 * shape (element by element); over a broadcast one it must stay behind the rows still needed.
 */
void te_maximum_s8(const te_maximum_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                   int32_t last);

/* The same of int16. Steps of `pairs` are in elements. */
void te_maximum_s16(const te_maximum_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                    int32_t last);

#endif
