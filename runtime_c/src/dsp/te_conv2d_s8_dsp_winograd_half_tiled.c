/* Two-dimensional convolution of int8 for the DSP extension, tile by tile of its weights, half by
 * Winograd's minimal filtering.
 */
#include "te_dsp.h"
#include "te_dsp_conv2d_tiled.h"

TE_SHARED void
te_conv2d_s8_dsp_winograd_half_tiled(const te_conv2d_dsp_winograd_half_tiled_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch)
{
    const te_conv2d_dsp_winograd_params *const half = op->winograd->conv;
    const te_dst others = te_out((int8_t *)out.base + op->channels, out.row_bytes, out.rows);
    te_conv2d_s8_dsp_winograd_tiled(op->winograd, in, out, first, last, scratch);
    te_conv2d_s8_dsp_tiled(op->direct, in, others, first, last, scratch);
    for (int32_t row = first; row < last && (half->act_min > -128 || half->act_max < 127); row++) {
        te_clamp_run(te_dst_row(out, row), half->out_w * half->out_c, half->act_min, half->act_max);
    }
}
