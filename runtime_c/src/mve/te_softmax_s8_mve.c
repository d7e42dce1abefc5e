/* Softmax, int8, MVE: four elements at a time. */
#include "te_softmax_mve.h"

#include "te_mve.h"
#include "te_reciprocal.h"

/* Fraction bits of the sum of exponentials: Q12.19. */
#define SUM_FRACTION_BITS 19

#if TE_HAS_MVE

#include <arm_mve.h>

static inline int32_t maximum(const int8_t *row, int32_t depth)
{
    int8_t most = INT8_MIN;
    for (; depth > 0; depth -= 16) {
        most = vmaxvq_p_s8(most, vldrbq_s8(row), vctp8q((uint32_t)depth));
        row += 16;
    }
    return most;
}

/* The exponentials of up to four elements. */
static inline int32x4_t exponentials_of(const te_softmax_params *op, const int8_t *row,
                                        int32_t most, mve_pred16_t lanes)
{
    const int32x4_t below = vsubq_s32(vdupq_n_s32(most), vldrbq_z_s32(row, lanes));
    return vldrwq_gather_shifted_offset_z_s32(op->exponentials, vreinterpretq_u32_s32(below),
                                              lanes);
}

static inline int32_t sum_exponentials(const te_softmax_params *op, const int8_t *row, int32_t most)
{
    int32_t sum = 0;
    for (int32_t left = op->depth; left > 0; left -= 4) {
        const int32x4_t values = exponentials_of(op, row, most, vctp32q((uint32_t)left));
        sum = vaddvaq_s32(sum, vrshrq_n_s32(values, 31 - SUM_FRACTION_BITS));
        row += 4;
    }
    return sum;
}

static inline void write_quotients(const te_softmax_params *op, const int8_t *row, int32_t most,
                                   int32_t scale, int32_t shift, int8_t *to)
{
    const int32x4_t right = vdupq_n_s32(-shift);
    for (int32_t left = op->depth; left > 0; left -= 4) {
        const mve_pred16_t lanes = vctp32q((uint32_t)left);
        const int32x4_t values = exponentials_of(op, row, most, lanes);
        const int32x4_t units = vrshlq_s32(vqrdmulhq_n_s32(values, scale), right);
        const int32x4_t outputs = vaddq_n_s32(units, INT8_MIN);
        vstrbq_p_s32(to, vminq_s32(outputs, vdupq_n_s32(INT8_MAX)), lanes);
        row += 4;
        to += 4;
    }
}

#else

static inline int32_t maximum(const int8_t *row, int32_t depth)
{
    int32_t most = INT8_MIN;
    for (int32_t i = 0; i < depth; i++) {
        most = row[i] > most ? row[i] : most;
    }
    return most;
}

static inline int32_t sum_exponentials(const te_softmax_params *op, const int8_t *row, int32_t most)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < op->depth; i++) {
        sum += te_shift_right_rounded(op->exponentials[most - row[i]], 31 - SUM_FRACTION_BITS);
    }
    return sum;
}

static inline void write_quotients(const te_softmax_params *op, const int8_t *row, int32_t most,
                                   int32_t scale, int32_t shift, int8_t *to)
{
    for (int32_t i = 0; i < op->depth; i++) {
        const int32_t quotient = te_multiply_q31(op->exponentials[most - row[i]], scale);
        const int32_t units = shift > 31 ? 0 : te_shift_right_rounded(quotient, shift);
        to[i] = (int8_t)te_clamp(units + INT8_MIN, INT8_MIN, INT8_MAX);
    }
}

#endif

TE_SHARED void te_softmax_s8_mve(const te_softmax_params *op, te_src in, te_dst out, int32_t first,
                                 int32_t last)
{
    const te_softmax_params params = *op;
    for (int32_t row = first; row < last; row++) {
        const int8_t *input = te_src_row(in, row);
        const int32_t most = maximum(input, params.depth);
        const int32_t sum = sum_exponentials(&params, input, most);
        const int32_t zeros = te_leading_zeros(sum);
        const int32_t fraction = (int32_t)(((uint32_t)sum << zeros) - UINT32_C(0x80000000));
        const int32_t scale = te_reciprocal_of_one_plus(fraction);
        const int32_t shift = (31 - SUM_FRACTION_BITS) - zeros + (31 - 8);
        write_quotients(&params, input, most, scale, shift, te_dst_row(out, row));
    }
}
