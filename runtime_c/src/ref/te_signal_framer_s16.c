/* A stream cut into overlapping frames, portable C. */
#include "te_signal.h"
#include "te_signal_frames.h"

/* Adds `new_samples` to the queue, of which `waiting` are there, and writes the frame that begins
 * there; gives how many wait then.
 */
static int32_t te_frame(const te_signal_framer_params *op, const int16_t *new_samples,
                        int16_t *queue, int32_t waiting, int16_t *frame)
{
    const int32_t step = op->frame_step;
    if (waiting + step < op->frame_size) {
        memset(frame, 0, (uint32_t)op->frame_size * sizeof *frame);
        te_copy_s16(queue + waiting, new_samples, step);
        return waiting + step;
    }
    te_copy_s16(frame, queue, waiting);
    te_copy_s16(frame + waiting, new_samples, op->frame_size - waiting);
    if (waiting < step) {
        te_copy_s16(queue, new_samples + step - waiting, waiting);
    } else {
        te_drop_s16(queue, waiting, step);
        te_copy_s16(queue + waiting - step, new_samples, step);
    }
    return waiting;
}

TE_SHARED void te_signal_framer_s16(const te_signal_framer_params *op, te_src in, te_dst out,
                                    te_dst valid, te_dst queue, te_dst count, int32_t first,
                                    int32_t last)
{
    const int16_t *from = te_src_row_s16(in, first);
    int16_t *to = te_dst_row_s16(out, first);
    int32_t *const arrived = te_dst_row_s32(count, 0);
    int32_t waiting = op->prefill ? op->kept : *arrived;
    const int32_t is_valid = waiting + op->frame_step >= op->frame_size;
    (void)last;
    for (int32_t frame = 0; frame < op->frames; frame++) {
        waiting = te_frame(op, from, te_dst_row_s16(queue, 0), waiting, to);
        from += op->frame_step;
        to += op->frame_size;
    }
    *arrived = op->prefill ? 0 : waiting;
    te_dst_row(valid, first)[0] = (int8_t)is_valid;
}
