/* A stream as it was some samples ago, portable C. */
#include "te_signal.h"
#include "te_signal_frames.h"

TE_SHARED void te_signal_delay_s16(const te_signal_delay_params *op, te_src in, te_dst out,
                                   te_dst queue, int32_t first, int32_t last)
{
    const int16_t *const from = te_src_row_s16(in, first);
    int16_t *const to = te_dst_row_s16(out, first);
    int16_t *const line = te_dst_row_s16(queue, 0);
    const int32_t samples = op->samples;
    const int32_t delay = op->delay;
    (void)last;
    if (delay < samples) {
        te_copy_s16(to, line, delay);
        te_copy_s16(to + delay, from, samples - delay);
        te_copy_s16(line, from + samples - delay, delay);
    } else {
        te_copy_s16(to, line, samples);
        te_drop_s16(line, delay, samples);
        te_copy_s16(line + delay - samples, from, samples);
    }
}
