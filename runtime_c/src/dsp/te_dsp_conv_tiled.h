/* Convolution for the DSP extension, tile by tile of its weights: what its kernels share. */
#ifndef TE_DSP_CONV_TILED_H
#define TE_DSP_CONV_TILED_H

#include "te_dsp_conv.h"
#include "te_dsp_conv2d_tiled.h"

/* Computes output rows [first, last). */
void te_conv_rows_tiled(const te_conv2d_dsp_tiled_params *tiled, te_src in, te_dst out,
                        int32_t first, int32_t last, int32_t *scratch, const te_conv_dots *dots);

#endif
