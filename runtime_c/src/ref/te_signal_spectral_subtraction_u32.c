/* Channels without the noise that they have had for long, portable C. */
#include "te_signal.h"
#include "te_signal_filter_bank.h"

TE_SHARED void te_signal_spectral_subtraction_u32(const te_signal_spectral_subtraction_params *op,
                                                  te_src in, te_dst out, te_dst noise_estimate,
                                                  te_dst noise, int32_t first, int32_t last)
{
    const uint32_t *const from = te_src_row_u32(in, first);
    uint32_t *const to = te_dst_row_u32(out, first);
    uint32_t *const told = te_dst_row_u32(noise_estimate, first);
    uint32_t *const kept = te_dst_row_u32(noise, 0);
    (void)last;
    for (int32_t i = 0; i < op->channels; i++) {
        const uint32_t signal = from[i] << op->smoothing_bits;
        const uint64_t moved =
            (uint64_t)signal * op->smoothing[i & 1] + (uint64_t)kept[i] * op->kept_noise[i & 1];
        const uint32_t estimate = (uint32_t)(moved >> op->fraction_bits);
        const uint32_t subtracted = estimate < signal ? estimate : signal;
        const uint64_t remaining = (uint64_t)from[i] * op->signal_remaining;
        const uint32_t least = (uint32_t)(remaining >> op->fraction_bits);
        const uint32_t rest = (signal - subtracted) >> op->smoothing_bits;
        to[i] = rest > least ? rest : least;
        kept[i] = op->clamping ? subtracted : estimate;
        told[i] = kept[i];
    }
}
