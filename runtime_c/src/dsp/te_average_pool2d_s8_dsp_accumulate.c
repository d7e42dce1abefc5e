/* Average pooling of int8 into a single output row, row by row, DSP extension. */
#include "te_average_pool2d_dsp_accumulate.h"

#include "te_average_pool2d_sums.h"
#include "te_dsp_elementwise_sum.h"

TE_SHARED void te_average_pool2d_s8_dsp_accumulate(const te_average_pool2d_params *op, te_src in,
                                                   te_dst out, int32_t first, int32_t last,
                                                   void *scratch)
{
    te_average_pool2d_sum_rows(op, in, out, first, last, scratch, te_sum_all_channels);
}
