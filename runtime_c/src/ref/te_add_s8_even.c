/* Sum or difference as float32 gives it, int8, portable C. */
#include "te_add_even.h"

#include "te_binary_rows.h"
#include "te_requantize_even.h"

/* value * mantissa as a float32, in units of which the mantissa's last bit has 2^left. */
static inline int64_t te_real(int32_t value, int32_t mantissa, int32_t left)
{
    const int64_t product = (int64_t)value * mantissa;
    int32_t shift = 0;
    const uint64_t rounded = te_to_24_bits((uint64_t)(product < 0 ? -product : product), &shift);
    const int64_t magnitude = (int64_t)(rounded << (shift + left));
    return product < 0 ? -magnitude : magnitude;
}

/* A float32 as an integer that grows with it: its exponent above the 23 last bits of its mantissa,
 * with its sign. Below 2^24 it is the value itself.
 */
static inline int32_t te_float_key(int64_t value)
{
    int32_t shift = 0;
    const uint64_t mantissa = te_to_24_bits((uint64_t)(value < 0 ? -value : value), &shift);
    const int32_t key = shift * (INT32_C(1) << 23) + (int32_t)mantissa;
    return value < 0 ? -key : key;
}

static inline int8_t add(const void *params, int32_t lhs, int32_t rhs)
{
    const te_add_even_params *op = params;
    const int32_t key =
        te_float_key(te_real(lhs - op->lhs_zero_point, op->lhs_mantissa, op->lhs_left) +
                     te_real(rhs - op->rhs_zero_point, op->rhs_mantissa, op->rhs_left));
    int32_t reached = 0;
    int32_t beyond = op->changes + 1; /* neither reached nor tried */
    while (beyond - reached > 1) {
        const int32_t middle = (reached + beyond) / 2;
        if (key >= op->change[middle - 1]) {
            reached = middle;
        } else {
            beyond = middle;
        }
    }
    return (int8_t)(op->act_min + reached);
}

void te_add_s8_even(const te_add_even_params *op, te_src lhs, te_src rhs, te_dst out, int32_t first,
                    int32_t last)
{
    const te_add_even_params params = *op;
    te_binary_rows(&params.pairs, add, &params, lhs, rhs, out, first, last);
}
