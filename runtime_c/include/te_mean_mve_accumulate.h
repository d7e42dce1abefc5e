/* Means over rows for MVE, one input row after the other. */
#ifndef TE_MEAN_MVE_ACCUMULATE_H
#define TE_MEAN_MVE_ACCUMULATE_H

#include "te_mean_accumulate.h"

/* What te_mean_s8_accumulate gives, where te_mean_s8_mve computes the operator; eight channels at
 * a time, with the same scratch.
 */
void te_mean_s8_mve_accumulate(const te_mean_params *op, te_src in, te_dst out, int32_t first,
                               int32_t last, void *scratch);

#endif
