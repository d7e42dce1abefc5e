/* Sums of energies under overlapping triangles, portable C. */
#include "te_signal.h"
#include "te_signal_filter_bank.h"

TE_SHARED void te_signal_filter_bank_u32(const te_signal_filter_bank_params *op, te_src in,
                                         te_dst out, int32_t first, int32_t last)
{
    const uint32_t *const energies = te_src_row_u32(in, first);
    uint32_t *to = te_dst_row_u32(out, first);
    uint64_t falling = 0;
    (void)last;
    for (int32_t band = 0; band <= op->channels; band++) {
        const uint32_t *const from = energies + op->frequency_starts[band];
        const int16_t *const weight = op->weight + op->weight_starts[band];
        const int16_t *const unweight = op->unweight + op->weight_starts[band];
        uint64_t sum = falling;
        falling = 0;
        for (int32_t i = 0; i < op->widths[band]; i++) {
            const uint64_t energy = from[i];
            sum += energy * (uint16_t)weight[i];
            falling += energy * (uint16_t)unweight[i];
        }
        if (band > 0) {
            *to++ = (uint32_t)sum;
            *to++ = (uint32_t)(sum >> 32);
        }
    }
}
