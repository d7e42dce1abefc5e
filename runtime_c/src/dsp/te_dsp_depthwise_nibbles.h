/* Packed records of depthwise weights of 4 bits, which are unpacked before they are used.
 *
 * A record is: 1024 * bias + 32 * bits + left, and 16 where outputs are rounded once; the pairs of
 * weights, four to a word: 4 bits of each half word for a pair, the first in the lowest ones, 8 more
 * each; the multiplier. Weights are scaled by 2^12 at most. The rest is as te_dsp_depthwise_packed.h
 * says.
 */
#ifndef TE_DSP_DEPTHWISE_NIBBLES_H
#define TE_DSP_DEPTHWISE_NIBBLES_H

#include "te_dsp.h"
#include "te_dsp_depthwise_conv2d.h"
#include "te_dsp_depthwise_packed.h"

/* What the first word of a record says. */
typedef struct {
    int32_t left;
    int32_t bias; /* scaled */
    int32_t offset;
} te_depthwise_nibble_head;

static inline te_depthwise_nibble_head te_depthwise_head(const int32_t *packed,
                                                         int32_t out_zero_point)
{
    const int32_t left = packed[0] & 15;
    const uint32_t halves = 2U * (uint32_t)out_zero_point + 1U;
    const uint32_t quarter = (packed[0] & 16) == 0 ? (1U << left) >> 2 : 0U;
    const te_depthwise_nibble_head head = {
        left, (int32_t)((uint32_t)(packed[0] >> 10) << left),
        (int32_t)((halves << (te_depthwise_bits(packed) - 1)) + quarter)};
    return head;
}

/* Scales the pair of weights in the lowest bits of both half words; `eights` are 8 more, scaled. */
static inline int32_t te_depthwise_nibbles(uint32_t word, int32_t left, int32_t eights)
{
    return te_sub16((int32_t)((word & 0x000f000fU) << left), eights);
}

/* Scales pairs of weights; writes up to three words more, so that they are a multiple of four.
 * Gives where the multiplier stands.
 */
static inline const int32_t *te_depthwise_scale_nibbles(const int32_t *packed, int32_t left,
                                                        int32_t pairs, int32_t *to)
{
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

/* Unpacks the records of `lanes` channels from `oc` on, as te_depthwise_dsp reads them. */
static inline void te_depthwise_unpack_nibbles(const te_depthwise_conv2d_dsp_params *op, int32_t oc,
                                               int32_t lanes, int32_t *to)
{
    const int32_t pairs = op->record_words - 4;
    const int32_t *packed = op->weight + oc * (2 + (pairs + 3) / 4);
    for (int32_t lane = 0; lane < lanes; lane++) {
        const te_depthwise_nibble_head head = te_depthwise_head(packed, op->out_zero_point);
        const int32_t *const last = te_depthwise_scale_nibbles(packed, head.left, pairs, to + 1);
        to[0] = head.bias;
        to[pairs + 1] = *last;
        to[pairs + 2] = head.offset;
        to[pairs + 3] = te_depthwise_bits(packed);
        to += op->record_words;
        packed = last + 1;
    }
}

#endif
