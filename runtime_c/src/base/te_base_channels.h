/* Outputs of all channels of a group of expanded pixels, for cores without DSP: te_base_dot.h,
 * then te_base_output or te_base_output_once, which TE_BASE_OUTPUT names.
 */
#ifndef TE_BASE_CHANNELS_H
#define TE_BASE_CHANNELS_H

#include "te_base_dot.h"

/* A group of 2 or 4 pixels, of which `x` holds [taps, group / 2] words. */
typedef struct {
    const int32_t *x;
    const int32_t *channel; /* [channels, TE_BASE_WORDS] */
    int8_t *out;            /* of the first pixel and channel */
    const int32_t *channel_end;
    int32_t half;         /* 2 * the output's zero point + 1 */
    int32_t channel_step; /* bytes from one output channel to the next */
    int32_t offset[3];    /* bytes from the first pixel to the others; pixels may be the same */
    const int8_t *weight;
} te_base_group;

#if defined(__thumb2__) && defined(__GNUC__)
#include "te_base_channels_t2.h"
#else

/* Expands `taps` taps of four pixels. */
static inline void te_base_expand_4(int32_t *x, const int8_t *const from[4], int32_t taps)
{
    const int8_t *const first = from[0];
    const int8_t *const second = from[1];
    const int8_t *const third = from[2];
    const int8_t *const fourth = from[3];
    for (int32_t i = 0; i < taps; i++) {
        x[0] = first[i] + second[i] * 65536;
        x[1] = third[i] + fourth[i] * 65536;
        x += 2;
    }
}

/* Writes the outputs of one channel. */
static inline void te_base_write(const int32_t *sums, te_base_factors factors,
                                 const te_base_group *group, int8_t *out, int32_t pairs)
{
    out[0] = TE_BASE_OUTPUT(sums[0], factors);
    out[group->offset[0]] = TE_BASE_OUTPUT(sums[1], factors);
    if (pairs == 2) {
        out[group->offset[1]] = TE_BASE_OUTPUT(sums[2], factors);
        out[group->offset[2]] = TE_BASE_OUTPUT(sums[3], factors);
    }
}

/* Computes the outputs of a group of `pairs` pairs of pixels. */
static inline void te_base_channels(const te_base_group *group, const int32_t pairs)
{
    int32_t sums[TE_BASE_CHANNELS * 4] = {0};
    const int32_t *channel = group->channel;
    int8_t *out = group->out;
    te_base_block block = {group->weight, channel, channel, group->x, sums};
    while (channel < group->channel_end) {
        const int32_t left = (int32_t)(group->channel_end - channel);
        const int32_t most = TE_BASE_CHANNELS * TE_BASE_WORDS;
        block.channel_end = channel + (left < most ? left : most);
        block.sums = sums;
        if (pairs == 2) {
            te_base_dot_4(&block);
        } else {
            te_base_dot_2(&block);
        }
        for (const int32_t *sum = sums; channel < block.channel_end; sum += 2 * pairs) {
            const int32_t shift = channel[TE_BASE_SHAPE] & 31;
            const te_base_factors factors = {(int32_t)((uint32_t)channel[TE_BASE_MULTIPLIER] >> 1),
                                             te_shift_left(group->half, shift), shift + 1};
            te_base_write(sum, factors, group, out, pairs);
            channel += TE_BASE_WORDS;
            out += group->channel_step;
        }
    }
}

/* Outputs of a group of 4 pixels. */
static inline void te_base_channels_4(const te_base_group *group)
{
    te_base_channels(group, 2);
}

/* Outputs of a group of 2 pixels. */
static inline void te_base_channels_2(const te_base_group *group)
{
    te_base_channels(group, 1);
}

#endif

#endif
