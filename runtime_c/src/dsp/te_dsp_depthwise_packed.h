/* Packed records of depthwise weights, which are unpacked channel by channel before they are used.
 *
 * A packed record is: 1024 * bias + 32 * bits + left; the pairs of weights, two to a word, the first
 * in its even bytes, 128 more each; the multiplier. Weights and bias are to be scaled by 2^left, at
 * most 2^8, the bias has 22 bits. A record of nibbles has four pairs to a word instead, 4 bits of each
 * half word for a pair, the first in the lowest ones, 8 more each; scales by 2^12 at most, and adds 16
 * to the first word where outputs are rounded once. The output of a sum is (sum * multiplier >> 32) + offset, `bits` bits up, where the offset
 * is half of an output and the zero point, and for outputs that are rounded twice a quarter of 2^left.
 */
#ifndef TE_DSP_DEPTHWISE_PACKED_H
#define TE_DSP_DEPTHWISE_PACKED_H

#include "te_dsp.h"

/* What te_depthwise_conv2d_dsp_params.is_packed says, where it is not 0. */
enum { TE_PACKED = 1, TE_PACKED_EVEN = 2, TE_PACKED_NIBBLES = 3 };

/* Words of a packed record of so many pairs of weights. */
static inline int32_t te_depthwise_packed_words(int32_t pairs, int32_t is_packed)
{
    return 2 + (is_packed == TE_PACKED_NIBBLES ? (pairs + 3) / 4 : (pairs + 1) / 2);
}

/* The bits that a packed record is scaled by. */
static inline int32_t te_depthwise_left(const int32_t *packed, int32_t is_packed)
{
    return packed[0] & (is_packed == TE_PACKED_NIBBLES ? 15 : 31);
}

/* The scaled bias of a packed record. */
static inline int32_t te_depthwise_bias(const int32_t *packed, int32_t is_packed)
{
    return (int32_t)((uint32_t)(packed[0] >> 10) << te_depthwise_left(packed, is_packed));
}

/* The bits that the outputs of a packed record are up. */
static inline int32_t te_depthwise_bits(const int32_t *packed)
{
    return (int32_t)(((uint32_t)packed[0] >> 5) & 31U);
}

/* The offset of a packed record. */
static inline int32_t te_depthwise_offset(const int32_t *packed, int32_t out_zero_point,
                                          int32_t is_packed)
{
    const int32_t once =
        is_packed == TE_PACKED_NIBBLES ? packed[0] & 16 : is_packed == TE_PACKED_EVEN;
    const uint32_t halves = 2U * (uint32_t)out_zero_point + 1U;
    const uint32_t half = halves << (te_depthwise_bits(packed) - 1);
    return (int32_t)(half + (once == 0 ? (1U << te_depthwise_left(packed, is_packed)) >> 2 : 0U));
}

/* Scales a pair of weights, each 128 more, by 2^left. */
static inline int32_t te_depthwise_scaled(int32_t pair, int32_t left)
{
    return te_sub16((int32_t)((uint32_t)pair << left), (int32_t)(0x00800080U << left));
}

/* Scales the pair of weights in the lowest bits of both half words; `eights` are 8 more, scaled. */
static inline int32_t te_depthwise_nibbles(uint32_t word, int32_t left, int32_t eights)
{
    return te_sub16((int32_t)((word & 0x000f000fU) << left), eights);
}

/* Scales the pairs of weights of a record of nibbles; writes up to three words more, so that they
 * are a multiple of four. Gives where the multiplier stands.
 */
static inline const int32_t *te_depthwise_unpack_nibbles(const int32_t *packed, int32_t pairs,
                                                         int32_t *to)
{
    const int32_t left = te_depthwise_left(packed, TE_PACKED_NIBBLES);
    const int32_t eights = (int32_t)(0x00080008U << left);
    int32_t *const end = to + pairs;
    packed++;
    while (to < end) {
        const uint32_t word = (uint32_t)*packed;
        packed++;
        to[0] = te_depthwise_nibbles(word, left, eights);
        to[1] = te_depthwise_nibbles(word >> 4, left, eights);
        to[2] = te_depthwise_nibbles(word >> 8, left, eights);
        to[3] = te_depthwise_nibbles(word >> 12, left, eights);
        to += 4;
    }
    return packed;
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
