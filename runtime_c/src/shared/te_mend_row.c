/* Puts right the outputs of sums that a kernel's factors miss. */
#include "te_mend.h"

#include "te_window.h"

/* The sum of output pixel (oh, ow), whose window begins at byte `first` of an input pixel. */
static int32_t te_mend_sum(const te_mend_params *op, te_src in, int32_t oh, int32_t ow,
                           int32_t first, const int8_t *weight)
{
    const int32_t ih = oh * op->stride_h - op->pad_top;
    const int32_t iw = ow * op->stride_w - op->pad_left;
    const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
    const te_taps columns = te_clip_taps(iw, op->dilation_w, op->kernel_w, op->in_w);
    te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
    int32_t sum = 0;
    for (int32_t kh = rows.first; kh < rows.last; kh++) {
        const int8_t *const row = (const int8_t *)in.base + walk.offset + first;
        for (int32_t kw = columns.first; kw < columns.last; kw++) {
            const int8_t *const taps = weight + (kh * op->kernel_w + kw) * op->depth;
            const int8_t *const from = row + (iw + kw * op->dilation_w) * op->in_pixel_step;
            for (int32_t ic = 0; ic < op->depth; ic++) {
                sum += (from[ic * op->in_channel_step] - op->in_zero_point) *
                       (taps[ic] - op->weight_zero_point);
            }
        }
        te_walk_on(&walk);
    }
    return sum;
}

TE_SHARED void te_mend_row(const te_mend_params *op, te_src in, te_dst out, int32_t oh)
{
    const int32_t taps = op->kernel_h * op->kernel_w * op->depth;
    const int32_t *miss = op->miss;
    const int8_t *weight = op->weight;
    const int32_t *bias = op->bias;
    for (int32_t i = 0; i < op->count; i++) {
        const int32_t channel = miss[TE_MISS_CHANNEL];
        const int32_t first = channel / op->sharing * op->in_channel_step;
        const int32_t found = miss[TE_MISS_FOUND];
        int8_t *to = te_dst_row(out, oh) + channel * op->out_channel_step;
        for (int32_t ow = 0; ow < op->out_w; ow++) {
            if (*to == found &&
                te_mend_sum(op, in, oh, ow, first, weight) + *bias == miss[TE_MISS_SUM]) {
                *to = (int8_t)miss[TE_MISS_RIGHT];
            }
            to += ow + 1 < op->out_w ? op->out_pixel_step : 0;
        }
        miss += TE_MISS_WORDS;
        if (i + 1 < op->count && miss[TE_MISS_CHANNEL] != channel) {
            weight += taps;
            bias++;
        }
    }
}
