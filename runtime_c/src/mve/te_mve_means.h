/* Means from sums, for MVE. */
#ifndef TE_MVE_MEANS_H
#define TE_MVE_MEANS_H

#include "te_mean.h"
#include "te_mve.h"
#include "te_requantize.h"

#if TE_HAS_MVE

/* Requantizes and stores `count` >= 0 sums, four at a time by 12 instructions. VRSHL rounds halves up,
 * te_requantize away from zero: one is taken off what is negative and shifted.
 */
static TE_NOINLINE void te_mve_store_means(const te_mean_params *op, const int32_t *sums,
                                           int8_t *out, int32_t count)
{
    const int32_t left = op->shift > 0 ? op->shift : 0;
    const int32_t right = op->shift > 0 ? 0 : op->shift;
    __asm__ volatile("vdup.32 q2, %[right]\n\t"
                     "wlstp.32 lr, %[count], 2f\n"
                     "1:\tvldrw.32 q0, [%[sums]], #16\n\t"
                     "vsub.i32 q0, q0, %[zero_points]\n\t"
                     "vshl.s32 q0, %[left]\n\t"
                     "vqrdmulh.s32 q0, q0, %[multiplier]\n\t"
                     "vand q1, q0, q2\n\t"
                     "vshr.s32 q1, q1, #31\n\t"
                     "vadd.i32 q0, q0, q1\n\t"
                     "vrshl.s32 q0, %[right]\n\t"
                     "vadd.i32 q0, q0, %[out_zero_point]\n\t"
                     "vqmovnb.s32 q0, q0\n\t"
                     "vqmovnb.s16 q0, q0\n\t"
                     "vstrb.32 q0, [%[out]], #4\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : [sums] "+l"(sums), [out] "+l"(out)
                     : [count] "r"(count), [zero_points] "r"(op->zero_points), [left] "r"(left),
                       [multiplier] "r"(op->multiplier), [right] "r"(right),
                       [out_zero_point] "r"(op->out_zero_point)
                     : "lr", "q0", "q1", "q2", "memory");
}

#else

static inline void te_mve_store_means(const te_mean_params *op, const int32_t *sums, int8_t *out,
                                      int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = te_requantize(sums[i] - op->zero_points, op->multiplier, op->shift);
        out[i] = (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
    }
}

#endif

#endif
