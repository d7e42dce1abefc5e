/* Space to depth of elements of whole bytes, portable C. */
#include "te_space_to_depth.h"

#include <string.h>

TE_SHARED void te_space_to_depth_s8(const te_space_to_depth_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        int8_t *output = te_dst_row(out, row);
        for (int32_t i = 0; i < op->block_h; i++) {
            const int8_t *input = te_src_row(in, op->block_h * row + i);
            for (int32_t pixel = 0; pixel < op->pixels; pixel++) {
                memcpy(output + (pixel * op->block_h + i) * op->run, input + pixel * op->run,
                       (uint32_t)op->run);
            }
        }
    }
}
