/* Fully connected operator of int8 for the DSP extension, which skips weights that are 0. */
#include <stddef.h>

#include "te_dsp_sparse_product.h"

TE_SHARED void te_fully_connected_s8_dsp_sparse(const te_fully_connected_dsp_sparse_params *op,
                                                te_src in, te_dst out, int32_t first, int32_t last)
{
    te_sparse_product product = {
        .taps = op->taps,
        .factor = op->factor,
        .factor_end = op->factor + TE_SPARSE_PRODUCT_FACTORS * op->out_c,
        .rounding = op->rounding,
        .offset = op->offset,
    };
    for (int32_t row = first; row < last; row++) {
        int8_t *const to = te_dst_row(out, row);
        product.x = te_src_row(in, row);
        product.out = to;
        te_sparse_product_dot(&product);
        if (op->act_min > -128 || op->act_max < 127) {
            te_clamp_run(to, op->out_c, op->act_min, op->act_max);
        }
    }
}
