/* Sums of four channels over a window, two in a word, with the DSP extension. */
#ifndef TE_DSP_ELEMENTWISE_SUM_H
#define TE_DSP_ELEMENTWISE_SUM_H

#include "te_dsp.h"
#include "te_runs.h"

/* So many bytes add up within 16 bits. */
#define TE_SUM_MOST 256

/* Sums of four channels as pairs: elements 0 and 2, elements 1 and 3. */
typedef struct {
    int32_t even;
    int32_t odd;
} te_pair_sums;

/* Adds four channels of a pixel. */
static inline te_pair_sums te_sum_quad(te_pair_sums sums, const int8_t *from)
{
    const int32_t quad = te_load_s8x4(from);
    sums.even = te_sxtab16(sums.even, quad);
    sums.odd = te_sxtab16_ror8(sums.odd, quad);
    return sums;
}

/* Adds four channels of `pixels` pixels: 4 instructions for four elements, and 2 a turn. */
static inline te_pair_sums te_sum_pixels(te_pair_sums sums, const int8_t *from, int32_t pixels,
                                         int32_t gap)
{
    for (; pixels >= 4; pixels -= 4) {
        sums = te_sum_quad(sums, from);
        sums = te_sum_quad(sums, from + gap);
        from += 2 * gap;
        sums = te_sum_quad(sums, from);
        sums = te_sum_quad(sums, from + gap);
        from += 2 * gap;
    }
    for (; pixels > 0; pixels--) {
        sums = te_sum_quad(sums, from);
        from += gap;
    }
    return sums;
}

/* Adds pair sums to the sums of four channels. */
static inline void te_spread_sums(te_pair_sums pairs, int32_t sums[4])
{
    sums[0] += (int16_t)(uint16_t)((uint32_t)pairs.even & 0xffffU);
    sums[1] += (int16_t)(uint16_t)((uint32_t)pairs.odd & 0xffffU);
    sums[2] += pairs.even >> 16;
    sums[3] += pairs.odd >> 16;
}

/* Adds four channels of a run of pixels, even of more than pair sums can take. */
static inline void te_sum_long_run(const int8_t *from, int32_t pixels, int32_t gap, int32_t sums[4])
{
    const te_pair_sums none = {0, 0};
    for (; pixels > TE_SUM_MOST; pixels -= TE_SUM_MOST) {
        te_spread_sums(te_sum_pixels(none, from, TE_SUM_MOST, gap), sums);
        from += TE_SUM_MOST * gap;
    }
    te_spread_sums(te_sum_pixels(none, from, pixels, gap), sums);
}

/* Adds all channels of a run of pixels, at most TE_SUM_MOST, to their sums. */
static inline void te_sum_short_run(const int8_t *from, int32_t pixels, int32_t channels,
                                    int32_t *sums)
{
    const int32_t *const end = sums + channels;
    while (end - sums >= 4) {
        te_pair_sums pairs = {0, 0};
        const int8_t *at = from;
        for (int32_t i = 0; i < pixels; i++) {
            pairs = te_sum_quad(pairs, at);
            at += channels;
        }
        te_spread_sums(pairs, sums);
        from += 4;
        sums += 4;
    }
    for (; sums < end; sums++) {
        for (int32_t i = 0; i < pixels; i++) {
            *sums += from[i * channels];
        }
        from++;
    }
}

/* Adds all channels of a run of pixels to their sums. */
static inline void te_sum_all_channels(const int8_t *from, int32_t pixels, int32_t channels,
                                       int32_t *sums)
{
    while (pixels > 0) {
        const int32_t count = pixels < TE_SUM_MOST ? pixels : TE_SUM_MOST;
        te_sum_short_run(from, count, channels, sums);
        from += count * channels;
        pixels -= count;
    }
}

/* Sums of four channels over a window, from channel `c` on. */
static inline void te_sum_window(te_src in, te_runs runs, int32_t c, int32_t sums[4])
{
    const int8_t *const from = (const int8_t *)in.base + runs.at + c;
    te_pair_sums pairs = {0, 0};
    for (int32_t i = 0; i < 4; i++) {
        sums[i] = 0;
    }
    if (runs.rows * runs.pixels <= TE_SUM_MOST) {
        for (; runs.rows > 0; runs.rows--) {
            pairs = te_sum_pixels(pairs, from + runs.walk.offset, runs.pixels, runs.gap);
            te_walk_on(&runs.walk);
        }
        te_spread_sums(pairs, sums);
        return;
    }
    for (; runs.rows > 0; runs.rows--) {
        te_sum_long_run(from + runs.walk.offset, runs.pixels, runs.gap, sums);
        te_walk_on(&runs.walk);
    }
}

/* The sum of channel `c` over a window. */
static inline int32_t te_sum_channel(te_src in, te_runs runs, int32_t c)
{
    int32_t sum = 0;
    for (; runs.rows > 0; runs.rows--) {
        const int8_t *from = (const int8_t *)in.base + runs.walk.offset + runs.at + c;
        for (int32_t i = 0; i < runs.pixels; i++) {
            sum += *from;
            from += runs.gap;
        }
        te_walk_on(&runs.walk);
    }
    return sum;
}

#endif
