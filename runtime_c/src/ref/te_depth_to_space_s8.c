/* Depth to space of elements of whole bytes, portable C. */
#include "te_depth_to_space.h"

#include <string.h>

/* Computes one output row from the runs of it that stand pixel_bytes apart. */
static void lay_out(const te_depth_to_space_params *op, const int8_t *run, int8_t *output)
{
    int32_t left = op->row_bytes;
    int32_t skipped = op->skipped;
    while (left > 0) {
        const int32_t there = op->run - skipped;
        const int32_t taken = there < left ? there : left;
        memcpy(output, run + skipped, (uint32_t)taken);
        output += taken;
        left -= taken;
        run += op->pixel_bytes;
        skipped = 0;
    }
}

TE_SHARED void te_depth_to_space_s8(const te_depth_to_space_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int32_t image = row / op->out_h;
        const int32_t y = row % op->out_h + op->top;
        const int8_t *input = te_src_row(in, image * op->in_h + y / op->block_h);
        lay_out(op, input + y % op->block_h * op->run, te_dst_row(out, row));
    }
}
