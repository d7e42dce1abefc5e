/* Sum or difference of two tensors of int8 of one shape, MVE. */
#include "te_add_mve.h"

#include "te_mve.h"
#include "te_requantize.h"

#if TE_HAS_MVE

/* What is read first, and what together with the next one. */
TE_HOLD(te_add_mve_params, row_bytes, 0);
TE_HOLD(te_add_mve_params, offset, offsetof(te_add_mve_params, rhs_factor) + 4);
TE_HOLD(te_add_mve_params, act_max, offsetof(te_add_mve_params, act_min) + 4);

static inline void te_mve_add(const te_add_mve_params *op, const int8_t *lhs, const int8_t *rhs,
                              int8_t *out)
{
    int32_t other;
    int32_t offset;
    __asm__ volatile("ldr lr, [%[op], %[lhs_factor]]\n\t"
                     "vdup.32 q2, lr\n\t"
                     "ldrd %[offset], lr, [%[op], %[act_min]]\n\t"
                     "vdup.32 q3, %[offset]\n\t"
                     "vdup.32 q4, lr\n\t"
                     "ldrd %[other], %[offset], [%[op], %[rhs_factor]]\n\t"
                     "ldr lr, [%[op]]\n\t"
                     "wlstp.32 lr, lr, 2f\n"
                     "1:\tvldrb.s32 q0, [%[lhs]], #4\n\t"
                     "vldrb.s32 q1, [%[rhs]], #4\n\t"
                     "vmlas.s32 q0, q2, %[offset]\n\t"
                     "vmla.s32 q0, q1, %[other]\n\t"
                     "vshl.s32 q0, %[shift]\n\t"
                     "vmax.s32 q0, q0, q3\n\t"
                     "vmin.s32 q0, q0, q4\n\t"
                     "vstrb.32 q0, [%[out]], #4\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : [lhs] "+l"(lhs), [rhs] "+l"(rhs), [out] "+l"(out), [other] "=&r"(other),
                       [offset] "=&r"(offset)
                     : [op] "r"(op), [shift] "r"(op->shift),
                       [lhs_factor] "i"(offsetof(te_add_mve_params, lhs_factor)),
                       [rhs_factor] "i"(offsetof(te_add_mve_params, rhs_factor)),
                       [act_min] "i"(offsetof(te_add_mve_params, act_min))
                     : "lr", "q0", "q1", "q2", "q3", "q4", "memory");
}

#else

static inline void te_mve_add(const te_add_mve_params *op, const int8_t *lhs, const int8_t *rhs,
                              int8_t *out)
{
    for (int32_t i = 0; i < op->row_bytes; i++) {
        const int32_t sum = lhs[i] * op->lhs_factor + op->offset + rhs[i] * op->rhs_factor;
        out[i] = (int8_t)te_clamp(sum >> -op->shift, op->act_min, op->act_max);
    }
}

#endif

TE_SHARED void te_add_s8_mve(const te_add_mve_params *op, te_src lhs, te_src rhs, te_dst out,
                             int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        te_mve_add(op, te_src_row(lhs, row), te_src_row(rhs, row), te_dst_row(out, row));
    }
}
