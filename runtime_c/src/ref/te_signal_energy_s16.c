/* Squared magnitudes of a spectrum, portable C. */
#include "te_signal.h"
#include "te_signal_spectrum.h"

TE_SHARED void te_signal_energy_s16(const te_signal_energy_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last)
{
    const int16_t *const from = te_src_row_s16(in, first);
    uint32_t *const to = te_dst_row_u32(out, first);
    (void)last;
    memset(to, 0, (uint32_t)op->elements * sizeof *to);
    for (int32_t i = op->start; i < op->end; i++) {
        const int32_t re = from[2 * i];
        const int32_t im = from[2 * i + 1];
        to[i] = (uint32_t)(re * re) + (uint32_t)(im * im);
    }
}
