/* Means of each channel for MVE. */
#ifndef TE_MEAN_MVE_H
#define TE_MEAN_MVE_H

#include "te_mean.h"

/* What te_mean_s8 gives, less than one instruction per element. For means over rows and columns of
 * one image, whose output rows have all channels of each pixel.
 */
void te_mean_s8_mve(const te_mean_params *op, te_src in, te_dst out, int32_t first, int32_t last);

#endif
