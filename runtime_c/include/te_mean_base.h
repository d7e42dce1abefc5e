/* Means of channels for cores without the DSP extension. */
#ifndef TE_MEAN_BASE_H
#define TE_MEAN_BASE_H

#include "te_mean.h"

/* What te_mean_s8 gives where channels and images are kept: window_n and window_c are 1. */
void te_mean_s8_base(const te_mean_params *op, te_src in, te_dst out, int32_t first, int32_t last);

#endif
