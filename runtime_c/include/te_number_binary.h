/* Two integers that stand for themselves: bool, int32 or int64. */
#ifndef TE_NUMBER_BINARY_H
#define TE_NUMBER_BINARY_H

#include "te_binary.h"

#define TE_NUMBER_ADD 0
#define TE_NUMBER_SUB 1
#define TE_NUMBER_MUL 2
#define TE_NUMBER_MINIMUM 3
#define TE_NUMBER_MAXIMUM 4
#define TE_NUMBER_DIV 5
#define TE_NUMBER_FLOOR_DIV 6
#define TE_NUMBER_FLOOR_MOD 7

typedef struct {
    te_pairs pairs;   /* which elements meet */
    uint8_t function; /* TE_NUMBER_... */
    uint8_t nbytes;   /* of an element: 1, 4 or 8 */
} te_number_binary_params;

/* out[i] = function(lhs[i], rhs[i]), modulo 2^32 or 2^64; bytes have minimum and maximum only, and
 * only int32_t is divided, never by 0: DIV rounds towards 0, FLOOR_DIV down, and what FLOOR_MOD
 * leaves has the sign of the divisor.
 *
 * Operands broadcast as te_pairs says. No scratch. Element progress: an operand of the output's
 * shape may share its place.
 */
void te_number_binary_s8(const te_number_binary_params *op, te_src lhs, te_src rhs, te_dst out,
                         int32_t first, int32_t last);

#endif
