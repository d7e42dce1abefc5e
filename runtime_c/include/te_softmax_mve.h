/* Softmax over the last dimension, for MVE. */
#ifndef TE_SOFTMAX_MVE_H
#define TE_SOFTMAX_MVE_H

#include "te_softmax.h"

/* As te_softmax_s8, for rows of at most 2047 elements. */
void te_softmax_s8_mve(const te_softmax_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last);

#endif
