/* Sum or difference of int8 tensors of one shape, DSP extension. */
#include "te_add_dsp.h"

#include "te_dsp_elementwise.h"

/* Four outputs: a multiply-accumulate takes a byte in place from the high byte of a half. */
static inline int32_t te_add_quad(te_add_dsp_params op, int32_t l, int32_t r,
                                  const int32_t doublings)
{
    const int32_t mask = TE_HIGH_BYTES;
    const int32_t l02 = te_even_times_256(l, mask);
    const int32_t l13 = te_odd_times_256(l, mask);
    const int32_t r02 = te_even_times_256(r, mask);
    const int32_t r13 = te_odd_times_256(r, mask);
    const int32_t v0 = te_smlawb(op.lhs_factor, l02, te_smlawb(op.rhs_factor, r02, op.offset));
    const int32_t v2 = te_smlawt(op.lhs_factor, l02, te_smlawt(op.rhs_factor, r02, op.offset));
    const int32_t v1 = te_smlawb(op.lhs_factor, l13, te_smlawb(op.rhs_factor, r13, op.offset));
    const int32_t v3 = te_smlawt(op.lhs_factor, l13, te_smlawt(op.rhs_factor, r13, op.offset));
    return te_outputs_of(v0, v1, v2, v3, doublings);
}

static inline int8_t te_add_one(te_add_dsp_params op, int32_t l, int32_t r)
{
    const int32_t value = te_smlawb(op.rhs_factor, r * 256, op.offset);
    return te_output_of(te_smlawb(op.lhs_factor, l * 256, value), op.doublings);
}

static inline void te_add_run(te_add_dsp_params op, const int8_t *l, const int8_t *r, int8_t *out,
                              const int32_t doublings)
{
    const int8_t *const end = out + op.row_bytes;
    const int8_t *const quads = end - 3;
    while (out < quads) {
        te_store_s8x4(out, te_add_quad(op, te_load_s8x4(l), te_load_s8x4(r), doublings));
        l += 4;
        r += 4;
        out += 4;
    }
    while (out < end) {
        *out++ = te_add_one(op, *l++, *r++);
    }
}

void te_add_s8_dsp(const te_add_dsp_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                   int32_t last)
{
    const te_add_dsp_params params = *op;
    for (int32_t row = first; row < last; row++) {
        const int8_t *const l = te_src_row(lhs, row);
        const int8_t *const r = te_src_row(rhs, row);
        int8_t *const to = te_dst_row(out, row);
        if (params.doublings == 1) {
            te_add_run(params, l, r, to, 1);
        } else if (params.doublings == 2) {
            te_add_run(params, l, r, to, 2);
        } else {
            te_add_run(params, l, r, to, 3);
        }
        if (params.clamps) {
            te_clamp_run(to, params.row_bytes, params.act_min, params.act_max);
        }
    }
}
