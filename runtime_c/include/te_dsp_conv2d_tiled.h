/* Convolutions for the DSP extension whose weights come from memory that is slower than the core, and
 * do not fit its cache: each tile of them is read once for many pixels.
 */
#ifndef TE_DSP_CONV2D_TILED_H
#define TE_DSP_CONV2D_TILED_H

#include "te_dsp_conv2d.h"
#include "te_dsp_conv2d_winograd.h"

/* How weights are gone through: `groups` groups of pixels are expanded, then each tile of the records
 * is used for all of them.
 */
typedef struct {
    int32_t groups;        /* at least 1 */
    int32_t tile_words;    /* words of the records of a tile; the last tile may have fewer */
    int32_t tile_channels; /* how many channels' they are */
    int32_t copies;        /* whether a tile is copied to the scratch first */
} te_conv_tiling;

/* Parameters of te_conv2d_s8_dsp, or of the same with weights of int16. */
typedef struct {
    const te_conv2d_dsp_params *conv;
    const te_conv_tiling *tiling;
} te_conv2d_dsp_tiled_params;

/* The same output as te_conv2d_s8_dsp, or _w16; the output may follow the input as there.
 * Scratch, aligned to 4: where tiles are copied, a tile; 4 * group * pairs bytes for each of the groups;
 * 20 bytes for each; group * kernel_w * in_c bytes where windows reach into padding or are dilated.
 */
void te_conv2d_s8_dsp_tiled(const te_conv2d_dsp_tiled_params *op, te_src in, te_dst out,
                            int32_t first, int32_t last, void *scratch);
void te_conv2d_s8_dsp_w16_tiled(const te_conv2d_dsp_tiled_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last, void *scratch);

/* Parameters of te_conv2d_s8_dsp_winograd; a group are two tiles of its outputs, side by side. */
typedef struct {
    const te_conv2d_dsp_winograd_params *conv;
    const te_conv_tiling *tiling;
} te_conv2d_dsp_winograd_tiled_params;

/* The same output as te_conv2d_s8_dsp_winograd; rows are read and written as there.
 * Scratch, aligned to 4: where tiles are copied, a tile; 128 * pairs + 8 bytes for each group; the
 * greater of 24 * in_c and 8 * out_c for what reaches over a border.
 */
void te_conv2d_s8_dsp_winograd_tiled(const te_conv2d_dsp_winograd_tiled_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch);

/* Parameters of both kernels above: for the first channels, and for the others. */
typedef struct {
    const te_conv2d_dsp_winograd_tiled_params *winograd; /* out_c are all */
    const te_conv2d_dsp_tiled_params *direct;
    int32_t channels; /* how many are the first */
} te_conv2d_dsp_winograd_half_tiled_params;

/* The same output as te_conv2d_s8_dsp_winograd_half. All input is read until the last output is written.
 * Scratch: the greater of both kernels'.
 */
void te_conv2d_s8_dsp_winograd_half_tiled(const te_conv2d_dsp_winograd_half_tiled_params *op,
                                          te_src in, te_dst out, int32_t first, int32_t last,
                                          void *scratch);

#endif
