/* Sum or difference of int8 tensors of one shape, DSP extension. */
#include "te_add_dsp.h"

#include "te_dsp_elementwise_add.h"

static inline void te_add_run(te_scaled_sum sum, const int8_t *l, const int8_t *r, int8_t *out,
                              int32_t count, const int32_t doublings)
{
    const int8_t *const end = out + count;
    const int8_t *const quads = end - 3;
    while (out < quads) {
        te_store_s8x4(out, te_add_quad(sum, te_load_s8x4(l), te_load_s8x4(r), doublings));
        l += 4;
        r += 4;
        out += 4;
    }
    while (out < end) {
        const int32_t value = te_smlawb(sum.rhs_factor, *r++ * 256, sum.offset);
        *out++ = te_output_of(te_smlawb(sum.lhs_factor, *l++ * 256, value), doublings);
    }
}

TE_SHARED void te_add_s8_dsp(const te_add_dsp_params *op, te_src lhs, te_src rhs, te_dst out,
                             int32_t first, int32_t last)
{
    const te_add_dsp_params params = *op;
    const te_scaled_sum sum = {params.lhs_factor, params.rhs_factor, params.offset};
    for (int32_t row = first; row < last; row++) {
        const int8_t *const l = te_src_row(lhs, row);
        const int8_t *const r = te_src_row(rhs, row);
        int8_t *const to = te_dst_row(out, row);
        if (params.doublings == 1) {
            te_add_run(sum, l, r, to, params.row_bytes, 1);
        } else if (params.doublings == 2) {
            te_add_run(sum, l, r, to, params.row_bytes, 2);
        } else {
            te_add_run(sum, l, r, to, params.row_bytes, 3);
        }
        if (params.clamps) {
            te_clamp_run(to, params.row_bytes, params.act_min, params.act_max);
        }
    }
}
