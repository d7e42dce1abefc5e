/* Two-dimensional convolution of eight channels with a 1x1 window for the DSP extension.
 *
 * The loops, which depend on how many instructions a core issues at a time, are in a header of their
 * own.
 *
 * The record of an output channel is: its weights of the taps (0, 2), (1, 3), (4, 6) and (5, 7), of
 * int16 each; its bias; multiplier and offset. Weights and bias are scaled by a power of two such
 * that the output is 10 bits up in the high word of sum * multiplier + offset * 2^32.
 */
#include <stddef.h>

#include "te_dsp.h"
#include "te_dsp_conv2d_held.h"

enum {
    CHANNELS = 8,
    WORDS = 7, /* of a record */
    BITS = 10
};

#if TE_HAS_DSP

#include "te_dsp_conv_held_loops.h"

#else

/* Does what the assembly does. */
static void te_held_row(int8_t *out, const int8_t *x, const int8_t *x_end, const int32_t *record,
                        const int32_t *records_end)
{
    for (; record != records_end; record += WORDS) {
        for (const int8_t *pixel = x; pixel != x_end; pixel += CHANNELS) {
            const int32_t low = te_load_s8x4(pixel);
            const int32_t high = te_load_s8x4(pixel + 4);
            int32_t sum = te_smlad(te_sxtb16(low), record[0], record[4]);
            sum = te_smlad(te_sxtb16_ror8(low), record[1], sum);
            sum = te_smlad(te_sxtb16(high), record[2], sum);
            sum = te_smlad(te_sxtb16_ror8(high), record[3], sum);
            *out++ = (int8_t)te_saturate8(te_multiply_high(sum, record[5], record[6]) >> BITS);
        }
    }
}

#endif

TE_SHARED void te_conv2d_s8_dsp_held(const te_conv2d_dsp_held_params *op, te_src in, te_dst out,
                                     int32_t first, int32_t last)
{
    const int32_t *const records_end = op->weight + WORDS * op->out_c;
    for (int32_t oh = first; oh < last; oh++) {
        const int8_t *const x = te_src_row(in, oh);
        int8_t *const to = te_dst_row(out, oh);
        te_held_row(to, x, x + CHANNELS * op->out_w, op->weight, records_end);
        if (op->act_min > -128 || op->act_max < 127) {
            te_clamp_run(to, op->out_w * op->out_c, op->act_min, op->act_max);
        }
    }
}
