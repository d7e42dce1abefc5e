/* The last frames side by side, portable C. */
#include "te_signal.h"
#include "te_signal_frames.h"

TE_SHARED void te_signal_stacker_s16(const te_signal_stacker_params *op, te_src in, te_dst out,
                                     te_dst valid, te_dst queue, te_dst count, int32_t first,
                                     int32_t last)
{
    const int16_t *const frame = te_src_row_s16(in, first);
    const int32_t channels = op->channels;
    int16_t *const waiting = te_dst_row_s16(queue, 0);
    int16_t *const to = te_dst_row_s16(out, first);
    int32_t *const known = te_dst_row_s32(count, 0);
    int32_t frames = *known - 1;
    (void)last;
    if (frames < 0) {
        for (frames = 0; frames < op->left; frames++) {
            te_copy_s16(waiting + frames * channels, frame, channels);
        }
    }
    const int32_t is_full = frames + 1 == op->frames;
    te_dst_row(valid, first)[0] = (int8_t)is_full;
    if (is_full) {
        te_copy_s16(to, waiting, frames * channels);
        te_copy_s16(to + frames * channels, frame, channels);
        te_drop_s16(waiting, frames * channels, op->step * channels);
        frames -= op->step;
    } else {
        memset(to, 0, (uint32_t)(op->frames * channels) * sizeof *to);
    }
    if (frames >= 0) {
        te_copy_s16(waiting + frames * channels, frame, channels);
    }
    *known = frames + 2;
}
