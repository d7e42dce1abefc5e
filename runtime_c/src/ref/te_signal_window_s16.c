/* A window over every frame, portable C. */
#include "te_signal.h"
#include "te_signal_frames.h"

TE_SHARED void te_signal_window_s16(const te_signal_window_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int16_t *from = te_src_row_s16(in, row);
        int16_t *to = te_dst_row_s16(out, row);
        for (int32_t at = 0; at < op->row_elements; at += op->size) {
            for (int32_t i = 0; i < op->size; i++) {
                to[at + i] = te_clamp_s16((from[at + i] * op->weight[i]) >> op->shift);
            }
        }
    }
}
