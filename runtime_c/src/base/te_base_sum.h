/* Sums of four channels over a window, two in a word, for cores without DSP.
 *
 * With its highest bit turned over a byte of int8 is one of 128 more, unsigned, so that no sum of
 * bytes borrows from the one above it.
 */
#ifndef TE_BASE_SUM_H
#define TE_BASE_SUM_H

#include "te_runs.h"

#include <string.h>

/* So many bytes add up within 16 bits. */
#define TE_BASE_SUM_MOST 256

/* Sums of bytes 0 and 2, and of bytes 1 and 3, of so many pixels. */
typedef struct {
    uint32_t even;
    uint32_t odd;
    int32_t pixels;
} te_base_pair_sums;

/* Adds four channels of a pixel. */
static inline void te_base_sum_quad(te_base_pair_sums *pairs, const int8_t *from)
{
    uint32_t quad;
    memcpy(&quad, from, sizeof quad);
    quad ^= 0x80808080U;
    pairs->even += quad & 0xff00ffU;
    pairs->odd += (quad >> 8) & 0xff00ffU;
}

/* Adds four channels of `pixels` pixels. */
static inline te_base_pair_sums te_base_sum_pixels(te_base_pair_sums pairs, const int8_t *from,
                                                   int32_t pixels, int32_t gap)
{
    pairs.pixels += pixels;
    if (pixels & 1) {
        te_base_sum_quad(&pairs, from);
        from += gap;
    }
    for (; pixels > 1; pixels -= 2) {
        te_base_sum_quad(&pairs, from);
        te_base_sum_quad(&pairs, from + gap);
        from += 2 * gap;
    }
    return pairs;
}

/* Adds pair sums to the sums of four channels. */
static inline void te_base_spread(te_base_pair_sums pairs, int32_t sums[4])
{
    const int32_t more = 128 * pairs.pixels;
    sums[0] += (int32_t)(pairs.even & 0xffffU) - more;
    sums[1] += (int32_t)(pairs.odd & 0xffffU) - more;
    sums[2] += (int32_t)(pairs.even >> 16) - more;
    sums[3] += (int32_t)(pairs.odd >> 16) - more;
}

/* Adds four channels of a window to their sums, from those at `from` on in the first row. */
static inline void te_base_sum_runs(const int8_t *from, te_runs runs, int32_t sums[4])
{
    te_base_pair_sums pairs = {0, 0, 0};
    for (; runs.rows > 0; runs.rows--) {
        const int8_t *at = from + runs.walk.offset;
        int32_t left = runs.pixels;
        while (pairs.pixels + left > TE_BASE_SUM_MOST) {
            const int32_t count = TE_BASE_SUM_MOST - pairs.pixels;
            te_base_spread(te_base_sum_pixels(pairs, at, count, runs.gap), sums);
            pairs = (te_base_pair_sums){0, 0, 0};
            at += count * runs.gap;
            left -= count;
        }
        pairs = te_base_sum_pixels(pairs, at, left, runs.gap);
        te_walk_on(&runs.walk);
    }
    te_base_spread(pairs, sums);
}

/* Gives the sums of `channels` channels, at most four, from channel `c` on. */
TE_NOINLINE static void te_base_sums(te_src in, te_runs runs, int32_t c, int32_t channels,
                                     int32_t sums[4])
{
    const int8_t *const from = (const int8_t *)in.base + runs.at + c;
    memset(sums, 0, 4 * sizeof *sums);
    if (channels == 4) {
        te_base_sum_runs(from, runs, sums);
        return;
    }
    for (; runs.rows > 0; runs.rows--) {
        for (int32_t pixel = 0; pixel < runs.pixels; pixel++) {
            for (int32_t i = 0; i < channels; i++) {
                sums[i] += from[runs.walk.offset + pixel * runs.gap + i];
            }
        }
        te_walk_on(&runs.walk);
    }
}

#endif
