/* Gain by the noise of each channel, and compression, portable C. */
#include "te_signal.h"
#include "te_signal_filter_bank.h"

/* The gain for a noise: a parabola over its octave, of which 10 bits tell the place. */
static int32_t te_gain(const int16_t *gain, uint32_t noise)
{
    if (noise <= 2) {
        return gain[noise];
    }
    const int32_t octave = te_bit_length(noise);
    const uint32_t place = octave < 11 ? noise << (11 - octave) : noise >> (octave - 11);
    const int32_t fraction = (int32_t)(place & 0x3FF);
    const int16_t *const curve = gain + 4 * octave - 6;
    const int32_t slope = ((curve[2] * fraction) >> 5) + curve[1] * 32;
    return (int16_t)(((slope * fraction + (1 << 14)) >> 15) + curve[0]);
}

TE_SHARED void te_signal_pcan_u32(const te_signal_pcan_params *op, te_src in, te_src noise,
                                  te_dst out, int32_t first, int32_t last)
{
    const uint32_t *const from = te_src_row_u32(in, first);
    const uint32_t *const estimate = te_src_row_u32(noise, first);
    uint32_t *const to = te_dst_row_u32(out, first);
    (void)last;
    for (int32_t i = 0; i < op->channels; i++) {
        const uint32_t gain = (uint32_t)te_gain(op->gain, estimate[i]);
        const uint32_t snr = (uint32_t)(((uint64_t)from[i] * gain) >> op->snr_shift);
        to[i] = snr < UINT32_C(2) << 12 ? (snr * snr) >> 20 : (snr >> 6) - (1 << 6);
    }
}
