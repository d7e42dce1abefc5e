/* Product of two quantized tensors, rounded once, halves to even. */
#ifndef TE_MUL_EVEN_H
#define TE_MUL_EVEN_H

#include "te_mul.h"

/* As te_mul_s8, but with te_requantize_even for te_requantize: out_multiplier is a mantissa in
 * [2^23, 2^24), and the factor is out_multiplier / 2^out_shift, with out_shift in [10, 84].
 */
void te_mul_s8_even(const te_mul_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                    int32_t last);

#endif
