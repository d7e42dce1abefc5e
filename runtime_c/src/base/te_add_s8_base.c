/* Sum or difference of int8 tensors of one shape for cores without DSP. */
#include "te_base_add.h"

#include "te_base.h"

/* One output from its two bytes. */
static inline int8_t te_add_bytes(te_add_base_params op, int32_t l, int32_t r)
{
    const int32_t value = op.offset + l * op.lhs_factor + r * op.rhs_factor;
    return (int8_t)te_base_saturate(value >> op.bits);
}

/* Computes `count` outputs, each of which is written after its bytes are read. */
TE_NOINLINE static void te_add_run(const te_add_base_params *params, const int8_t *l,
                                   const int8_t *r, int8_t *to, int32_t count)
{
    const te_add_base_params op = *params;
    int8_t *const end = to + count;
#if !defined(__thumb__) || defined(__thumb2__) /* Thumb-1 has no registers for a longer turn */
    for (const int8_t *const whole = to + (count & ~3); to < whole;) {
        *to++ = te_add_bytes(op, *l++, *r++);
        *to++ = te_add_bytes(op, *l++, *r++);
        *to++ = te_add_bytes(op, *l++, *r++);
        *to++ = te_add_bytes(op, *l++, *r++);
    }
#endif
    while (to < end) {
        *to++ = te_add_bytes(op, *l++, *r++);
    }
}

TE_SHARED void te_add_s8_base(const te_add_base_params *op, te_src lhs, te_src rhs, te_dst out,
                              int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        int8_t *const to = te_dst_row(out, row);
        te_add_run(op, te_src_row(lhs, row), te_src_row(rhs, row), to, op->row_bytes);
        te_base_clamp(to, op->row_bytes, op->act_min, op->act_max);
    }
}
