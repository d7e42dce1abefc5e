/* Requantization: how every kernel turns a 32-bit sum into its output's scale.
 *
 * A real factor is multiplier * 2^(shift - 31), with multiplier in [2^30, 2^31) or 0, and shift in
 * [-31, 30], left positive. Right shifts of negative integers are arithmetic.
 */
#ifndef TE_REQUANTIZE_H
#define TE_REQUANTIZE_H

#include <stdint.h>

/* value clamped to [low, high]. */
static inline int32_t te_clamp(int32_t value, int32_t low, int32_t high)
{
    if (value < low) {
        return low;
    }
    return value > high ? high : value;
}

/* value * 2^shift modulo 2^32, shift in [0, 31]. */
static inline int32_t te_shift_left(int32_t value, int32_t shift)
{
    return (int32_t)((uint32_t)value << shift);
}

/* value / 2^shift rounded to nearest, halves away from zero; shift in [0, 31]. */
static inline int32_t te_shift_right_rounded(int32_t value, int32_t shift)
{
    const int32_t mask = (int32_t)((UINT32_C(1) << shift) - 1U);
    const int32_t threshold = (mask >> 1) + (value < 0);
    return (value >> shift) + ((value & mask) > threshold);
}

/* A product's 32 high bits, and the 16 bits below them. */
typedef struct {
    int32_t high;
    int32_t next;
} te_long_product;

/* value * multiplier from products of 16 bits, for cores whose multiplier gives 32 bits;
 * multiplier in [0, 2^31).
 */
static inline te_long_product te_multiply_parts(int32_t value, int32_t multiplier)
{
    const int32_t high = value >> 16;
    const int32_t low = value & 0xffff;
    const int32_t by_high = multiplier >> 16;
    const int32_t by_low = multiplier & 0xffff;
    const int32_t middle = high * by_low + (int32_t)((uint32_t)low * (uint32_t)by_low >> 16);
    const int32_t lower = low * by_high + (middle & 0xffff);
    const te_long_product product = {high * by_high + (middle >> 16) + (lower >> 16),
                                     lower & 0xffff};
    return product;
}

#if defined(__thumb__) && !defined(__thumb2__)

/* value * multiplier / 2^31 rounded to nearest, halves up; multiplier in [0, 2^31). */
static inline int32_t te_multiply_q31(int32_t value, int32_t multiplier)
{
    const te_long_product product = te_multiply_parts(value, multiplier);
    return te_shift_left(product.high, 1) + ((product.next + (1 << 14)) >> 15);
}

/* value * multiplier / 2^32 rounded down; multiplier in [0, 2^31). */
static inline int32_t te_multiply_q32(int32_t value, int32_t multiplier)
{
    return te_multiply_parts(value, multiplier).high;
}

/* value * multiplier / 2^32 rounded to nearest, halves up; multiplier in [0, 2^31). */
static inline int32_t te_multiply_q32_rounded(int32_t value, int32_t multiplier)
{
    const te_long_product product = te_multiply_parts(value, multiplier);
    return product.high + (product.next >> 15);
}

#else

/* value * multiplier / 2^31 rounded to nearest, halves up; multiplier in [0, 2^31). */
static inline int32_t te_multiply_q31(int32_t value, int32_t multiplier)
{
    return (int32_t)(((int64_t)value * multiplier + (INT64_C(1) << 30)) >> 31);
}

/* value * multiplier / 2^32 rounded down; multiplier in [0, 2^31). */
static inline int32_t te_multiply_q32(int32_t value, int32_t multiplier)
{
    return (int32_t)(((int64_t)value * multiplier) >> 32);
}

/* value * multiplier / 2^32 rounded to nearest, halves up; multiplier in [0, 2^31). */
static inline int32_t te_multiply_q32_rounded(int32_t value, int32_t multiplier)
{
    return (int32_t)(((int64_t)value * multiplier + (INT64_C(1) << 31)) >> 32);
}

#endif

/* value * multiplier * 2^(shift - 31) in two roundings: the product by te_multiply_q31, then the
 * right shift by te_shift_right_rounded. value * 2^shift is expected to fit 32 bits and wraps
 * where it does not.
 */
static inline int32_t te_requantize(int32_t value, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    return te_shift_right_rounded(te_multiply_q31(te_shift_left(value, left), multiplier), right);
}

/* value * multiplier / 2^shift rounded to nearest, halves up; value within 2^47, multiplier in
 * [0, 2^15), shift in [8, 46]. The result must fit 32 bits.
 */
static inline int32_t te_requantize_wide(int64_t value, int32_t multiplier, int32_t shift)
{
    return (int32_t)((value * multiplier + (INT64_C(1) << (shift - 1))) >> shift);
}

/* product / 2^right as double precision gives it: rounded to 53 bits, then to nearest, halves away
 * from zero. product is in [2^61, 2^63), right at least 2; the result must fit 31 bits.
 *
 * Half a unit of the 53rd bit matters only just below a half of the result, which is even in that
 * bit: a tie goes up there.
 */
static inline int32_t te_round_double(uint64_t product, int32_t right)
{
    if (right > 64) {
        return 0;
    }
    product += product >> 62 != 0U ? UINT64_C(1) << 9 : UINT64_C(1) << 8;
    return (int32_t)(((product >> 1) + (UINT64_C(1) << (right - 2))) >> (right - 1));
}

/* value * (multiplier + fraction / 2^31) * 2^(shift - 31) as double precision gives it: the product
 * is rounded to 53 bits, then to nearest, halves away from zero. The factor is that of a double:
 * multiplier in [2^30, 2^31), fraction in [0, 2^31) and a multiple of 2^9, shift in [-31, 20]; or
 * all three are 0. The result must fit 32 bits.
 */
static inline int32_t te_requantize_double(int32_t value, int32_t multiplier, int32_t fraction,
                                           int32_t shift)
{
    uint32_t magnitude = value < 0 ? 0U - (uint32_t)value : (uint32_t)value;
    if (magnitude == 0U) {
        return 0;
    }
    int32_t right = 31 - shift;
    for (int32_t step = 16; step > 0; step /= 2) {
        if (magnitude >> (32 - step) == 0U) {
            magnitude <<= step;
            right += step;
        }
    }
    const uint64_t low = (uint64_t)magnitude * (uint32_t)fraction;
    const uint64_t product = (uint64_t)magnitude * (uint32_t)multiplier + (low >> 31);
    const int32_t rounded = te_round_double(product, right);
    return value < 0 ? -rounded : rounded;
}

/* The upper 64 bits of the product of two values of 64 bits. */
static inline uint64_t te_multiply_u64_high(uint64_t lhs, uint64_t rhs)
{
    const uint64_t low = (lhs & UINT32_MAX) * (rhs & UINT32_MAX);
    const uint64_t cross = (lhs >> 32) * (rhs & UINT32_MAX) + (low >> 32);
    const uint64_t other = (lhs & UINT32_MAX) * (rhs >> 32) + (cross & UINT32_MAX);
    return (lhs >> 32) * (rhs >> 32) + (cross >> 32) + (other >> 32);
}

/* The same of a value of 64 bits, within 2^47. */
static inline int32_t te_requantize_double_wide(int64_t value, int32_t multiplier, int32_t fraction,
                                                int32_t shift)
{
    uint64_t magnitude = value < 0 ? 0U - (uint64_t)value : (uint64_t)value;
    if (magnitude == 0U) {
        return 0;
    }
    int32_t right = -1 - shift;
    for (int32_t step = 32; step > 0; step /= 2) {
        if (magnitude >> (64 - step) == 0U) {
            magnitude <<= step;
            right += step;
        }
    }
    const uint64_t factor = (uint64_t)(uint32_t)multiplier << 33 | (uint64_t)(uint32_t)fraction
                                                                       << 2;
    const int32_t rounded = te_round_double(te_multiply_u64_high(magnitude, factor) >> 1, right);
    return value < 0 ? -rounded : rounded;
}

#endif
