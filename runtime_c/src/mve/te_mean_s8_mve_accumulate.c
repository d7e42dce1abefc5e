/* Means of each channel of int8 over rows, row by row, MVE. */
#include "te_mean_mve_accumulate.h"

#include "te_mve_means.h"
#include "te_mve_pool.h"

#include <string.h>

TE_SHARED void te_mean_s8_mve_accumulate(const te_mean_params *op, te_src in, te_dst out,
                                         int32_t first, int32_t last, void *scratch)
{
    int32_t *const sums = scratch;
    const int32_t means = op->out_w * op->out_c;
    if (first >= last) {
        return;
    }
    if (first == 0) {
        memset(sums, 0, (uint32_t)means * sizeof *sums);
    }
    for (int32_t row = first; row < last; row++) {
        const int8_t *from = te_src_row(in, row);
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            te_mve_add_channels(from, op->window_w, op->in_c, sums + ow * op->in_c);
            from += op->in_c;
        }
    }
    if (last == op->window_n * op->window_h) {
        te_mve_store_means(op, sums, te_dst_row(out, 0), means);
    }
}
