/* Samples shifted as far left as they go, portable C. */
#include "te_signal.h"
#include "te_signal_spectrum.h"

/* The greatest magnitude in 16 bits; -32768 is its own, and less than any that follows. */
static int32_t te_greatest_magnitude(const int16_t *values, int32_t count)
{
    int32_t greatest = 0;
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = values[i];
        if (value > greatest) {
            greatest = value;
        } else if (-value > greatest) {
            greatest = (int16_t)-value;
        }
    }
    return greatest;
}

TE_SHARED void te_signal_fft_auto_scale_s16(const te_signal_fft_auto_scale_params *op, te_src in,
                                            te_dst out, te_dst scale_bits, int32_t first,
                                            int32_t last)
{
    const int16_t *const from = te_src_row_s16(in, first);
    int16_t *const to = te_dst_row_s16(out, first);
    const int32_t greatest = te_greatest_magnitude(from, op->elements);
    const int32_t bits = greatest > 0 ? 15 - te_bit_length((uint32_t)greatest) : 0;
    (void)last;
    for (int32_t i = 0; i < op->elements; i++) {
        to[i] = (int16_t)(from[i] * (1 << bits));
    }
    te_dst_row_s32(scale_bits, first)[0] = bits;
}
