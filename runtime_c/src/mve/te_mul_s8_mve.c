/* Product of two tensors of int8, MVE. */
#include "te_mul_mve.h"

#include "te_mve.h"
#include "te_requantize.h"

#if TE_HAS_MVE

#define ZERO_POINTS offsetof(te_mul_params, lhs_zero_point)
#define FACTORS offsetof(te_mul_params, out_multiplier)
#define CLAMP offsetof(te_mul_params, act_min)

/* What is read together with the one before. */
TE_HOLD(te_mul_params, rhs_zero_point, ZERO_POINTS + 4);
TE_HOLD(te_mul_params, out_shift, FACTORS + 4);
TE_HOLD(te_mul_params, act_max, CLAMP + 4);

/* VRSHL rounds halves up, te_requantize away from zero: one is taken off negative products. */
static inline void te_mve_mul(const te_mul_params *op, const int8_t *lhs, const int8_t *rhs,
                              int8_t *out, int32_t count)
{
    int32_t lhs_zero_point;
    int32_t rhs_zero_point;
    int32_t multiplier;
    int32_t shift;
    __asm__ volatile(
        "ldrd %[lhs_zero_point], %[rhs_zero_point], [%[op], %[zero_points]]\n\t"
        "ldrd %[multiplier], %[shift], [%[op], %[clamp]]\n\t"
        "vdup.32 q2, %[multiplier]\n\t"
        "vdup.32 q3, %[shift]\n\t"
        "ldrd %[multiplier], %[shift], [%[op], %[factors]]\n\t"
        "ldr %[op], [%[op], %[out_zero_point]]\n\t"
        "wlstp.32 lr, %[count], 2f\n"
        "1:\tvldrb.s32 q0, [%[lhs]], #4\n\t"
        "vldrb.s32 q1, [%[rhs]], #4\n\t"
        "vsub.i32 q0, q0, %[lhs_zero_point]\n\t"
        "vsub.i32 q1, q1, %[rhs_zero_point]\n\t"
        "vmul.i32 q0, q0, q1\n\t"
        "vqrdmulh.s32 q0, q0, %[multiplier]\n\t"
        "vshr.s32 q1, q0, #31\n\t"
        "vadd.i32 q0, q0, q1\n\t"
        "vrshl.s32 q0, %[shift]\n\t"
        "vadd.i32 q0, q0, %[op]\n\t"
        "vmax.s32 q0, q0, q2\n\t"
        "vmin.s32 q0, q0, q3\n\t"
        "vstrb.32 q0, [%[out]], #4\n\t"
        "letp lr, 1b\n"
        "2:"
        : [lhs] "+l"(lhs), [rhs] "+l"(rhs), [out] "+l"(out), [op] "+r"(op),
          [lhs_zero_point] "=&r"(lhs_zero_point), [rhs_zero_point] "=&r"(rhs_zero_point),
          [multiplier] "=&r"(multiplier), [shift] "=&r"(shift)
        : [count] "r"(count), [zero_points] "i"(ZERO_POINTS), [factors] "i"(FACTORS),
          [clamp] "i"(CLAMP), [out_zero_point] "i"(offsetof(te_mul_params, out_zero_point))
        : "lr", "q0", "q1", "q2", "q3", "memory");
}

#else

static inline void te_mve_mul(const te_mul_params *op, const int8_t *lhs, const int8_t *rhs,
                              int8_t *out, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t product = (lhs[i] - op->lhs_zero_point) * (rhs[i] - op->rhs_zero_point);
        const int32_t value = te_requantize(product, op->out_multiplier, op->out_shift);
        out[i] = (int8_t)te_clamp(value + op->out_zero_point, op->act_min, op->act_max);
    }
}

#endif

TE_SHARED void te_mul_s8_mve(const te_mul_params *op, te_src lhs, te_src rhs, te_dst out,
                             int32_t first, int32_t last)
{
    const te_pairs *const pairs = &op->pairs;
    for (int32_t row = first; row < last; row++) {
        const int32_t image = row / pairs->image_rows;
        const int32_t oh = row - image * pairs->image_rows;
        const int8_t *left = te_src_row(lhs, image * pairs->lhs_image + oh * pairs->lhs_row);
        const int8_t *right = te_src_row(rhs, image * pairs->rhs_image + oh * pairs->rhs_row);
        int8_t *to = te_dst_row(out, row);
        for (int32_t group = 0; group < pairs->groups; group++) {
            te_mve_mul(op, left + group * pairs->lhs_group, right + group * pairs->rhs_group, to,
                       pairs->elements);
            to += pairs->elements;
        }
    }
}
