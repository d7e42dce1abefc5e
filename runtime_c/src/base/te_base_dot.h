/* Dot products of two pixels at a time in one 32-bit multiplication, for cores without DSP.
 *
 * A word of the expanded windows holds one tap of two pixels, x0 + x1 * 2^16. A weight times that
 * word is both products, w * x0 + w * x1 * 2^16, and words of such sums stay exact modulo 2^32. The
 * sum of the low pixel is told from that of the high one as long as it fits 16 bits: so the taps
 * of a channel are summed in chunks, so short that |sum| < 2^15 whatever the pixels are. A chunk
 * starts from 2^15, which makes its low half positive; then
 *     all of it is added to `low`, and its high half to `high`.
 * In the end the sum of pixel 1 is `high`, that of pixel 0 low - high * 2^16 - chunks * 2^15.
 */
#ifndef TE_BASE_DOT_H
#define TE_BASE_DOT_H

#include "te_base.h"

/* The form of weights is a header of its own, included before: te_base_weights_w8.h or w4.h. */
#ifndef TE_BASE_WEIGHTS
#error "include te_base_weights_w8.h or te_base_weights_w4.h first"
#endif

/* Channels whose sums are taken at a time. */
#define TE_BASE_CHANNELS 8

/* What is known of an output channel, as words. The chunks of its taps have `taps` taps each, but
 * the first one has `first`; TE_BASE_SHAPE is shift + first * 2^8 + taps * 2^12 + chunks * 2^16. The
 * taps of a chunk are 1 to 8, or 9 for 12 and 10 for 16.
 */
enum {
    TE_BASE_BIAS,       /* bias - in_zero_point * sum of the channel's weights */
    TE_BASE_MULTIPLIER, /* te_requantize's */
    TE_BASE_SHAPE,
    TE_BASE_WORDS
};

/* Channels of a group of 2 or 4 pixels, of which `x` holds [taps, group / 2] words. */
typedef struct {
    const int8_t *weight;   /* of `channel`; left behind the last one */
    const int32_t *channel; /* [channels, TE_BASE_WORDS]; left behind the last one */
    const int32_t *channel_end;
    const int32_t *x;
    const int32_t *x_end;
    int32_t *sums; /* [channels, group]; left behind the last one */
} te_base_block;

/* The taps that a code of `shape` stands for. */
static inline int32_t te_base_taps(uint32_t code)
{
    if (code <= 8U) {
        return (int32_t)code;
    }
    return code == 9U ? 12 : 16;
}

/* Adds a chunk of `taps` taps of one pair of pixels to `low` and `high`; `x` steps by `pairs`. */
static inline void te_base_chunk(const int8_t *weight, const int32_t *x, int32_t taps,
                                 int32_t pairs, uint32_t *low, uint32_t *high)
{
    uint32_t sum = UINT32_C(1) << 15;
    for (int32_t i = 0; i < taps; i++) {
        sum += (uint32_t)te_base_weight(weight, i) * (uint32_t)x[i * pairs];
    }
    *low += sum;
    *high += (uint32_t)((int32_t)sum >> 16);
}

/* Sums of one pair of pixels and one channel; gives the place behind its weights. */
static inline const int8_t *te_base_pair(const int32_t *channel, const int8_t *weight,
                                         const int32_t *x, const int32_t *x_end, int32_t pairs,
                                         int32_t *sums)
{
    const uint32_t bias = (uint32_t)channel[TE_BASE_BIAS];
    const uint32_t shape = (uint32_t)channel[TE_BASE_SHAPE];
    uint32_t high = bias;
    uint32_t low = bias + (bias << 16) - (shape >> 16 << 15);
    int32_t taps = te_base_taps((shape >> 8) & 15U);
    while (x < x_end) {
        te_base_chunk(weight, x, taps, pairs, &low, &high);
        weight += te_base_weight_nbytes(taps);
        x += taps * pairs;
        taps = te_base_taps((shape >> 12) & 15U);
    }
    sums[0] = (int32_t)(low - (high << 16));
    sums[1] = (int32_t)high;
    return weight;
}

/* Sums of all channels of a block, for groups of `pairs` pairs of pixels. */
static inline void te_base_dot(te_base_block *block, const int32_t pairs)
{
    const int8_t *behind = block->weight;
    for (; block->channel < block->channel_end; block->channel += TE_BASE_WORDS) {
        for (int32_t pair = 0; pair < pairs; pair++) {
            /* The words of the second pair of pixels stand one further. */
            behind = te_base_pair(block->channel, block->weight, block->x + pair, block->x_end,
                                  pairs, block->sums);
            block->sums += 2;
        }
        block->weight = behind;
    }
}

#if defined(__thumb__) && defined(__GNUC__)

/* Where assembly finds the members of a block, and the shape of a channel. */
#define TE_BASE_BLOCK_WEIGHT 0
#define TE_BASE_BLOCK_CHANNEL 4
#define TE_BASE_BLOCK_CHANNEL_END 8
#define TE_BASE_BLOCK_X 12
#define TE_BASE_BLOCK_X_END 16
#define TE_BASE_BLOCK_SUMS 20
#define TE_BASE_CHANNEL_SHAPE 8
#define TE_BASE_CHANNEL_NBYTES 12
#define TE_BASE_AT(block, name) "[" block ", #" TE_TEXT(TE_BASE_BLOCK_##name) "]"

TE_HOLD(te_base_block, weight, TE_BASE_BLOCK_WEIGHT);
TE_HOLD(te_base_block, channel, TE_BASE_BLOCK_CHANNEL);
TE_HOLD(te_base_block, channel_end, TE_BASE_BLOCK_CHANNEL_END);
TE_HOLD(te_base_block, x, TE_BASE_BLOCK_X);
TE_HOLD(te_base_block, x_end, TE_BASE_BLOCK_X_END);
TE_HOLD(te_base_block, sums, TE_BASE_BLOCK_SUMS);
_Static_assert(TE_BASE_BIAS == 0, "assembly reads the bias first");
_Static_assert(TE_BASE_SHAPE * 4 == TE_BASE_CHANNEL_SHAPE, "assembly reads the shape");
_Static_assert(TE_BASE_WORDS * 4 == TE_BASE_CHANNEL_NBYTES, "assembly goes to the next channel");

#if defined(__thumb2__)
#include "te_base_dot_t2.h"
#else
#include "te_base_dot_t1.h"
#endif

#else

/* Sums of a group of 4 pixels. */
static inline void te_base_dot_4(te_base_block *block)
{
    te_base_dot(block, 2);
}

/* Sums of a group of 2 pixels. */
static inline void te_base_dot_2(te_base_block *block)
{
    te_base_dot(block, 1);
}

#endif

#endif
