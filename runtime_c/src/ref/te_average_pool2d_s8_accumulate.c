/* Average pooling of int8 into a single output row, row by row, portable C. */
#include "te_average_pool2d_accumulate.h"

#include "te_average_pool2d_sums.h"

static void te_average_pool2d_add_channels(const int8_t *from, int32_t pixels, int32_t channels,
                                           int32_t *sums)
{
    const int32_t end = pixels * channels;
    for (int32_t c = 0; c < channels; c++) {
        int32_t sum = 0;
        for (int32_t at = c; at < end; at += channels) {
            sum += from[at];
        }
        sums[c] += sum;
    }
}

TE_SHARED void te_average_pool2d_s8_accumulate(const te_average_pool2d_params *op, te_src in,
                                               te_dst out, int32_t first, int32_t last,
                                               void *scratch)
{
    te_average_pool2d_sum_rows(op, in, out, first, last, scratch, te_average_pool2d_add_channels);
}
