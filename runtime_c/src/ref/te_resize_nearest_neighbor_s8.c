/* Nearest neighbour resizing of elements of whole bytes, portable C. */
#include "te_resize_nearest_neighbor.h"

#include <string.h>

TE_SHARED void te_resize_nearest_neighbor_s8(const te_resize_nearest_neighbor_params *op, te_src in,
                                             te_dst out, int32_t first, int32_t last)
{
    const int32_t channels = op->channels;
    for (int32_t oh = first; oh < last; oh++) {
        const int8_t *const in_row = te_src_row(in, op->rows[oh]);
        int8_t *to = te_dst_row(out, oh);
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            memcpy(to, in_row + op->columns[ow] * channels, (uint32_t)channels);
            to += channels;
        }
    }
}
