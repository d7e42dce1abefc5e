/* Two-dimensional convolution of int8 for the DSP extension, half by Winograd's minimal filtering. */
#include "te_dsp.h"
#include "te_dsp_conv2d_winograd.h"

TE_SHARED void te_conv2d_s8_dsp_winograd_half(const te_conv2d_dsp_winograd_half_params *op,
                                              te_src in, te_dst out, int32_t first, int32_t last,
                                              void *scratch)
{
    const te_conv2d_dsp_winograd_params *const half = op->winograd;
    const te_dst others = te_out((int8_t *)out.base + op->channels, out.row_bytes, out.rows);
    for (int32_t oh = first; oh < last; oh += 2) {
        const int32_t end = last - oh < 2 ? last : oh + 2;
        te_conv2d_s8_dsp_winograd(half, in, out, oh, end, scratch);
        te_conv2d_s8_dsp(op->direct, in, others, oh, end, scratch);
        for (int32_t row = oh; row < end && (half->act_min > -128 || half->act_max < 127); row++) {
            te_clamp_run(te_dst_row(out, row), half->out_w * half->out_c, half->act_min,
                         half->act_max);
        }
    }
}
