/* Records of te_dsp_depthwise_rows.h with weights of 4 bits. */
#ifndef TE_DSP_DEPTHWISE_NIBBLE_ROWS_H
#define TE_DSP_DEPTHWISE_NIBBLE_ROWS_H

#include "te_dsp_depthwise_nibbles.h"
#include "te_dsp_depthwise_rows.h"

/* Unpacks the record of a channel, whose bias is the one inside the row; gives the next one. */
static inline const int32_t *
te_depthwise_unpack_nibble_row(const te_depthwise_conv2d_dsp_params *op, const int32_t *packed,
                               int32_t *to)
{
    const int32_t low = (int32_t)((uint32_t)op->in_zero_point & 0xffffU);
    const int32_t high = (int32_t)((uint32_t)op->in_zero_point << 16);
    const te_depthwise_nibble_head head = te_depthwise_head(packed, op->out_zero_point);
    const int32_t eights = (int32_t)(0x00080008U << head.left);
    const uint32_t word = (uint32_t)packed[1];
    const int32_t top = te_depthwise_nibbles(word, head.left, eights);
    const int32_t middle = te_depthwise_nibbles(word >> 4, head.left, eights);
    const int32_t bottom = te_depthwise_nibbles(word >> 8, head.left, eights);
    to[0] = top;
    to[1] = middle;
    to[2] = bottom;
    to[3] = te_depthwise_nibbles(word >> 12, head.left, eights);
    to[4] = te_depthwise_nibbles((uint32_t)packed[2], head.left, eights);
    to[5] = packed[3];
    to[6] = head.offset;
    to[7] = head.bias;
    to[8] = te_smlad(top, high, te_smlad(middle, high, te_smlad(bottom, high, head.bias)));
    to[9] = te_smlad(top, low, te_smlad(middle, low, te_smlad(bottom, low, head.bias)));
    to[10] = te_depthwise_bits(packed);
    return packed + 4;
}

#endif
