/* Overlapping frames added up to a stream, portable C. */
#include "te_signal.h"
#include "te_signal_frames.h"

TE_SHARED void te_signal_overlap_add_s16(const te_signal_overlap_add_params *op, te_src in,
                                         te_dst out, te_dst sums, int32_t first, int32_t last)
{
    const int16_t *from = te_src_row_s16(in, first);
    int16_t *to = te_dst_row_s16(out, first);
    int16_t *const kept = te_dst_row_s16(sums, 0);
    const int32_t step = op->frame_step;
    const int32_t overlap = op->frame_size - step;
    (void)last;
    for (int32_t frame = 0; frame < op->frames; frame++) {
        for (int32_t i = 0; i < op->frame_size; i++) {
            const int16_t sum = te_clamp_s16(from[i] + (i < overlap ? kept[i] : 0));
            if (i < step) {
                to[i] = sum;
            } else {
                kept[i - step] = sum;
            }
        }
        from += op->frame_size;
        to += step;
    }
}
