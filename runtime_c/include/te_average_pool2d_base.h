/* Average pooling for cores without the DSP extension. */
#ifndef TE_AVERAGE_POOL2D_BASE_H
#define TE_AVERAGE_POOL2D_BASE_H

#include "te_average_pool2d.h"

/* What te_average_pool2d_s8 gives, about two instructions per element of large windows. */
void te_average_pool2d_s8_base(const te_average_pool2d_params *op, te_src in, te_dst out,
                               int32_t first, int32_t last);

#endif
