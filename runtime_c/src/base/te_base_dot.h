/* Dot products of two pixels at a time in one 32-bit multiplication, for cores without DSP.
 *
 * A word of the expanded windows holds one tap of two pixels, x0 + x1 * 2^16. A weight times that
 * word is both products, w * x0 + w * x1 * 2^16, and words of such sums stay exact modulo 2^32. The
 * sum of the low pixel is told from that of the high one as long as it fits 16 bits: so the taps
 * of a channel are summed in chunks, so short that |sum| < 2^15 - 63 whatever the pixels are. A
 * chunk starts from 2^15 or up to 63 more, which makes its low half positive; then
 *     all of it is added to `low`, and its high half to `high`.
 * In the end the sum of pixel 1 is `high`, that of pixel 0 low - high * 2^16 - all that chunks
 * started from.
 *
 * The weights of a channel are a stream of chunks, of 2 taps and as many more as a code says. A
 * byte of two codes, code + 8 * that of the next chunk, stands behind the first 2 weights of every
 * second chunk; chunks behind it start from 2^15 + that byte. The last chunk has 2 taps. A chunk
 * of a single tap has a weight of 0 beside its own, and so has the only chunk of a single tap.
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

/* What is known of an output channel, as words. */
enum {
    TE_BASE_BIAS,       /* bias - in_zero_point * sum of the channel's weights */
    TE_BASE_SHAPE,      /* te_base_factors' shift - 1, and 2^5 * all that its chunks start from */
    TE_BASE_MULTIPLIER, /* 2 * te_requantize's modulo 2^32, which is not 0 */
    TE_BASE_WORDS
};

/* Codes above those that stand for taps: the last chunk of a channel, and one of a single tap. */
#define TE_BASE_LAST 6U
#define TE_BASE_SINGLE 7U

/* Channels of a group of 2 or 4 pixels, of which `x` holds [taps, group / 2] words. */
typedef struct {
    const int8_t *weight;   /* of `channel`; left behind the last one */
    const int32_t *channel; /* [channels, TE_BASE_WORDS]; left behind the last one */
    const int32_t *channel_end;
    const int32_t *x;
    int32_t *sums; /* [channels, group]; left behind the last one */
} te_base_block;

/* The taps of a chunk with this code that follow the first two. */
static inline int32_t te_base_more_taps(uint32_t code)
{
    static const int8_t more[8] = {0, 2, 4, 6, 8, 14, 0, 0};
    return more[code & 7U];
}

/* The sum of `taps` taps of one pair of pixels; `x` steps by `pairs`. */
static inline uint32_t te_base_taps(const int8_t *weight, const int32_t *x, int32_t taps,
                                    int32_t pairs)
{
    uint32_t sum = 0;
    for (int32_t i = 0; i < taps; i++) {
        sum += (uint32_t)te_base_weight(weight, i) * (uint32_t)x[i * pairs];
    }
    return sum;
}

/* Sums of one pair of pixels and one channel; gives the place behind its weights. */
static inline const int8_t *te_base_pair(const int32_t *channel, const int8_t *weight,
                                         const int32_t *x, int32_t pairs, int32_t *sums)
{
    const uint32_t bias = (uint32_t)channel[TE_BASE_BIAS];
    uint32_t high = bias;
    uint32_t low = bias + (bias << 16) - ((uint32_t)channel[TE_BASE_SHAPE] >> 5);
    uint32_t codes = 0;
    uint32_t code;
    int32_t is_second = 0;
    do {
        uint32_t sum = (UINT32_C(1) << 15) + codes + te_base_taps(weight, x, 2, pairs);
        weight += te_base_weight_nbytes(2);
        codes = is_second ? codes : (uint8_t)*weight++;
        code = (is_second ? codes >> 3 : codes) & 7U;
        is_second = !is_second;
        const int32_t more = te_base_more_taps(code);
        sum += te_base_taps(weight, x + 2 * pairs, more, pairs);
        weight += te_base_weight_nbytes(more);
        low += sum;
        high += (uint32_t)((int32_t)sum >> 16);
        x += code == TE_BASE_SINGLE ? pairs : (2 + more) * pairs;
    } while (code != TE_BASE_LAST);
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
            behind =
                te_base_pair(block->channel, block->weight, block->x + pair, pairs, block->sums);
            block->sums += 2;
        }
        block->weight = behind;
    }
}

#if defined(__thumb__) && defined(__GNUC__) && !defined(__thumb2__)
#include "te_base_dot_t1.h"
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
