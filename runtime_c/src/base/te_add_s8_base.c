/* Sum or difference of int8 tensors of one shape for cores without DSP. */
#include "te_base_add.h"

#include "te_base.h"

TE_SHARED void te_add_s8_base(const te_add_base_params *op, te_src lhs, te_src rhs, te_dst out,
                              int32_t first, int32_t last)
{
    const int32_t lhs_factor = op->lhs_factor;
    const int32_t rhs_factor = op->rhs_factor;
    const int32_t offset = op->offset;
    const int32_t bits = op->bits;
    const int32_t row_bytes = op->row_bytes;
    for (int32_t row = first; row < last; row++) {
        const int8_t *const l = te_src_row(lhs, row);
        const int8_t *const r = te_src_row(rhs, row);
        int8_t *const to = te_dst_row(out, row);
        for (int32_t i = 0; i < row_bytes; i++) {
            const int32_t value = offset + l[i] * lhs_factor + r[i] * rhs_factor;
            to[i] = (int8_t)te_base_saturate(value >> bits);
        }
        te_base_clamp(to, row_bytes, op->act_min, op->act_max);
    }
}
