/* Subtraction of two quantized tensors. */
#ifndef TE_SUB_H
#define TE_SUB_H

#include "te_add.h"

/* out = clamp(requantize(scaled lhs - scaled rhs) + out_zero_point), otherwise as te_add_s8. */
void te_sub_s8(const te_add_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
               int32_t last);

/* The same of int16, otherwise as te_add_s16. */
void te_sub_s16(const te_add_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                int32_t last);

#endif
