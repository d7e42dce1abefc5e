/* Requantization with one rounding, halves to even: as float32 does it, in integers. */
#ifndef TE_REQUANTIZE_EVEN_H
#define TE_REQUANTIZE_EVEN_H

#include "te_requantize.h"

/* Bits of value up to its most significant one; 0 for 0. */
static inline int32_t te_bit_length(uint64_t value)
{
    int32_t length = 0;
    for (int32_t step = 32; step > 0; step /= 2) {
        if (value >> step != 0U) {
            value >>= step;
            length += step;
        }
    }
    return value != 0U ? length + 1 : length;
}

/* value / 2^shift rounded to nearest, halves to even; shift in [0, 63], value below 2^63. */
static inline uint64_t te_round_to_even(uint64_t value, int32_t shift)
{
    if (shift == 0) {
        return value;
    }
    const uint64_t half = UINT64_C(1) << (shift - 1);
    const uint64_t low = value & ((half << 1) - 1U);
    const uint64_t quotient = value >> shift;
    return quotient + (low > half || (low == half && (quotient & 1U) != 0U) ? 1U : 0U);
}

/* value rounded to 24 significant bits, halves to even: `shift` bits were taken off. */
static inline uint64_t te_to_24_bits(uint64_t value, int32_t *shift)
{
    const int32_t length = te_bit_length(value);
    *shift = length > 24 ? length - 24 : 0;
    return te_round_to_even(value, *shift);
}

/* magnitude * mantissa / 2^shift as float32 gives it, then rounded to the nearest integer, halves to
 * even: the magnitude becomes a float32 first, and the product another.
 */
static inline uint32_t te_float32_product(uint32_t magnitude, uint32_t mantissa, int32_t shift)
{
    int32_t of_value = 0;
    int32_t of_product = 0;
    const uint64_t rounded = te_to_24_bits(magnitude, &of_value);
    const uint64_t product = te_to_24_bits(rounded * mantissa, &of_product);
    const int32_t right = shift - of_value - of_product;
    uint64_t result = 0;
    if (right <= 0) {
        result = product << -right;
    } else if (right <= 25) {
        result = te_round_to_even(product, right);
    }
    return (uint32_t)result;
}

/* The same, with its sign, where the result is below 512; 512 or more where it is more. mantissa in
 * [2^23, 2^24), shift in [4, 84]; the result must fit 32 bits.
 *
 * A product below 512.5 * 2^shift moves by 2^(shift - 15) at most when it becomes a float32. Only
 * one that is so near to a half can come to another integer than the exact product.
 */
static inline int32_t te_requantize_even(int32_t value, int32_t mantissa, int32_t shift)
{
    const uint32_t magnitude = value < 0 ? 0U - (uint32_t)value : (uint32_t)value;
    uint32_t result = 0;
    if (magnitude < UINT32_C(1) << 24 && shift >= 17 && shift <= 48) {
        const uint64_t half = UINT64_C(1) << (shift - 1);
        const uint64_t near = half >> 14;
        const uint64_t moved = (uint64_t)magnitude * (uint32_t)mantissa + half;
        const uint64_t above = moved & ((half << 1) - 1U); /* a half below the result */
        result = (uint32_t)(moved >> shift);
        if (result < 512U && (above <= near || above >= (half << 1) - near)) {
            result = te_float32_product(magnitude, (uint32_t)mantissa, shift);
        }
    } else {
        result = te_float32_product(magnitude, (uint32_t)mantissa, shift);
    }
    return value < 0 ? -(int32_t)result : (int32_t)result;
}

#endif
