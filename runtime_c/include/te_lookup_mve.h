/* Unary functions by table for MVE. */
#ifndef TE_LOOKUP_MVE_H
#define TE_LOOKUP_MVE_H

#include "te_lookup.h"

/* What te_lookup_s8 gives, 16 elements at a time by one gathering load. */
void te_lookup_s8_mve(const te_lookup_params *op, te_src in, te_dst out, int32_t first,
                      int32_t last);

#endif
