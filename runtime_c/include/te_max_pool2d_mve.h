/* Max pooling for MVE. */
#ifndef TE_MAX_POOL2D_MVE_H
#define TE_MAX_POOL2D_MVE_H

#include "te_max_pool2d.h"

/* What te_max_pool2d_s8 gives, less than one instruction per element of large windows. */
void te_max_pool2d_s8_mve(const te_max_pool2d_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last);

#endif
