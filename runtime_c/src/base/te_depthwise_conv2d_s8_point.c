/* Depthwise convolution of int8 with windows of one pixel: a product and a shift for every byte. */
#include "te_depthwise_conv2d_point.h"

#include "te_base.h"

TE_SHARED void te_depthwise_conv2d_s8_point(const te_depthwise_conv2d_point_params *op, te_src in,
                                            te_dst out, int32_t first, int32_t last)
{
    const int32_t shift = op->shift;
    const int32_t count = op->pixels * op->channels;
    const int32_t *const end = op->factor + 2 * op->channels;
    for (int32_t oh = first; oh < last; oh++) {
        const int8_t *from = te_src_row(in, oh);
        int8_t *const row = te_dst_row(out, oh);
        for (int8_t *to = row; to < row + count;) {
            for (const int32_t *factor = op->factor; factor < end; factor += 2) {
                *to++ = (int8_t)te_base_saturate((*from++ * factor[0] + factor[1]) >> shift);
            }
        }
        te_base_clamp(row, count, op->act_min, op->act_max);
    }
}
