/* Quotient, int8, portable C. */
#include "te_div.h"

#include "te_binary_rows.h"
#include "te_reciprocal.h"

/* Bits of a value in [0, 255]; 0 has none. */
static inline int32_t bits_of(int32_t value)
{
    int32_t bits = 0;
    for (int32_t step = 4; step > 0; step /= 2) {
        if (value >> step != 0) {
            value >>= step;
            bits += step;
        }
    }
    return bits + value;
}

static inline int8_t quotient(const void *params, int32_t lhs, int32_t rhs)
{
    const te_div_params *op = params;
    int32_t dividend = lhs - op->lhs_zero_point;
    int32_t divisor = rhs - op->rhs_zero_point;
    if (divisor < 0) {
        dividend = -dividend;
        divisor = -divisor;
    }
    divisor += divisor == 0;
    const int32_t bits = bits_of(divisor);
    const uint32_t mantissa = (uint32_t)divisor << (32 - bits);
    const int32_t inverse = te_reciprocal_of_one_plus((int32_t)(mantissa - UINT32_C(0x80000000)));
    const int32_t headroom = 31 - bits_of(dividend < 0 ? ~dividend : dividend);
    const int32_t wide = te_multiply_q31(te_shift_left(dividend, headroom), inverse);
    const int32_t right = headroom + bits - 1 - op->out_shift;
    const int32_t value = te_shift_right_rounded(te_multiply_q31(wide, op->out_multiplier), right);
    return (int8_t)te_clamp(value + op->out_zero_point, op->act_min, op->act_max);
}

TE_SHARED void te_div_s8(const te_div_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                         int32_t last)
{
    const te_div_params params = *op;
    te_binary_rows(&params.pairs, quotient, &params, lhs, rhs, out, first, last);
}
