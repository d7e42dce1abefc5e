/* Max pooling for the DSP extension. */
#ifndef TE_MAX_POOL2D_DSP_H
#define TE_MAX_POOL2D_DSP_H

#include "te_max_pool2d.h"

/* What te_max_pool2d_s8 gives, about one instruction per element of large windows. */
void te_max_pool2d_s8_dsp(const te_max_pool2d_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last);

#endif
