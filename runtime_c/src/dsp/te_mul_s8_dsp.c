/* Product of int8 tensors of one shape, DSP extension. */
#include "te_mul_dsp.h"

#include "te_dsp.h"

static inline int32_t te_pair_of(int32_t half)
{
    return (int32_t)((uint32_t)half << 16 | ((uint32_t)half & 0xffffU));
}

/* Twice lhs times rhs, both less their zero points, as an output: below 2^15 of size. Halves are
 * rounded away from 0: one below 0 is made less by 1 before it is rounded up.
 */
static inline int32_t te_product_of(const te_mul_dsp_params *op, int32_t lhs, int32_t rhs)
{
    const int32_t product = lhs * rhs;
    const int32_t offset = op->offset + (product >> 31);
    return te_multiply_high_rounded(product, op->multiplier, offset) >> op->shift;
}

/* Elements 0 and 2 of two quads, or 1 and 3: pairs of operands to a pair of outputs. */
static inline int32_t te_product_pair(const te_mul_dsp_params *op, int32_t lhs, int32_t rhs)
{
    const int32_t l = te_add16(lhs, lhs);
    const int32_t low = te_product_of(op, (int16_t)l, (int16_t)rhs);
    const int32_t high = te_product_of(op, l >> 16, rhs >> 16);
    return te_uxtb16(te_saturate8_pair(te_pack_low(low, high)));
}

static inline void te_mul_run(const te_mul_dsp_params *op, const int8_t *l, const int8_t *r,
                              int8_t *out)
{
    const int32_t lhs_zeros = te_pair_of(-op->lhs_zero_point);
    const int32_t rhs_zeros = te_pair_of(-op->rhs_zero_point);
    const int8_t *const end = out + op->row_bytes;
    const int8_t *const quads = end - 3;
    while (out < quads) {
        const int32_t lhs = te_load_s8x4(l);
        const int32_t rhs = te_load_s8x4(r);
        const int32_t even =
            te_product_pair(op, te_sxtab16(lhs_zeros, lhs), te_sxtab16(rhs_zeros, rhs));
        const int32_t odd =
            te_product_pair(op, te_sxtab16_ror8(lhs_zeros, lhs), te_sxtab16_ror8(rhs_zeros, rhs));
        te_store_s8x4(out, (int32_t)((uint32_t)even | (uint32_t)odd << 8));
        l += 4;
        r += 4;
        out += 4;
    }
    while (out < end) {
        const int32_t lhs = (*l++ - op->lhs_zero_point) * 2;
        const int32_t rhs = *r++ - op->rhs_zero_point;
        *out++ = (int8_t)te_saturate8(te_product_of(op, lhs, rhs));
    }
}

TE_SHARED void te_mul_s8_dsp(const te_mul_dsp_params *op, te_src lhs, te_src rhs, te_dst out,
                             int32_t first, int32_t last)
{
    const te_mul_dsp_params params = *op;
    for (int32_t row = first; row < last; row++) {
        int8_t *const to = te_dst_row(out, row);
        te_mul_run(&params, te_src_row(lhs, row), te_src_row(rhs, row), to);
        if (params.clamps) {
            te_clamp_run(to, params.row_bytes, params.act_min, params.act_max);
        }
    }
}
