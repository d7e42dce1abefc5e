/* Packed records of depthwise weights, which are unpacked channel by channel before they are used.
 *
 * A packed record is: 1024 * bias + 32 * bits + left; the pairs of weights, two to a word, the first
 * in its even bytes, 128 more each; the multiplier. Weights and bias are to be scaled by 2^left, at
 * most 2^8, the bias has 22 bits. The output of a sum is (sum * multiplier >> 32) + offset, `bits` bits up, where the offset
 * is half of an output and the zero point, and for outputs that are rounded twice a quarter of 2^left.
 */
#ifndef TE_DSP_DEPTHWISE_PACKED_H
#define TE_DSP_DEPTHWISE_PACKED_H

#include "te_dsp.h"

/* Words of a packed record of so many pairs of weights. */
static inline int32_t te_depthwise_packed_words(int32_t pairs)
{
    return 2 + (pairs + 1) / 2;
}

/* The scaled bias of a packed record. */
static inline int32_t te_depthwise_bias(const int32_t *packed)
{
    return (int32_t)((uint32_t)(packed[0] >> 10) << ((uint32_t)packed[0] & 31U));
}

/* The bits that the outputs of a packed record are up. */
static inline int32_t te_depthwise_bits(const int32_t *packed)
{
    return (int32_t)(((uint32_t)packed[0] >> 5) & 31U);
}

/* The offset of a packed record; `quarter` tells whether there is one in it. */
static inline int32_t te_depthwise_offset(const int32_t *packed, int32_t out_zero_point,
                                          int32_t quarter)
{
    const uint32_t halves = 2U * (uint32_t)out_zero_point + 1U;
    const uint32_t half = halves << (te_depthwise_bits(packed) - 1);
    return (int32_t)(half + (quarter != 0 ? (1U << ((uint32_t)packed[0] & 31U)) >> 2 : 0U));
}

/* Scales a pair of weights, each 128 more, by 2^left. */
static inline int32_t te_depthwise_scaled(int32_t pair, int32_t left)
{
    return te_sub16((int32_t)((uint32_t)pair << left), (int32_t)(0x00800080U << left));
}

/* Scales the pairs of weights of a packed record; writes one word more where they are odd. Gives
 * where the multiplier stands.
 */
static inline const int32_t *te_depthwise_unpack(const int32_t *packed, int32_t pairs, int32_t *to)
{
    const int32_t left = packed[0] & 31;
    int32_t *const end = to + pairs;
    packed++;
    while (to < end) {
        const int32_t quad = *packed;
        packed++;
        to[0] = te_depthwise_scaled(te_uxtb16(quad), left);
        to[1] = te_depthwise_scaled(te_uxtb16_ror8(quad), left);
        to += 2;
    }
    return packed;
}

#endif
