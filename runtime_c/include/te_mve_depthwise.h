/* Depthwise convolution for MVE: expands strips of rows for the dot products. */
#ifndef TE_MVE_DEPTHWISE_H
#define TE_MVE_DEPTHWISE_H

#include "te_mve_depthwise_dot.h"
#include "te_rows.h"
#include "te_window.h"

#define TE_MVE_GREATEST_HEIGHT 16

typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t channels; /* of input and output */
    int32_t out_w;
    int32_t kernel_h; /* at most 16 */
    int32_t kernel_w; /* at most 16 / ((kernel_h + 3) / 4) */
    int32_t stride_h;
    int32_t stride_w;
    int32_t dilation_h;
    int32_t pad_top;        /* rows of padding above the input */
    int32_t pad_left;       /* columns of padding left of the input */
    int32_t in_zero_point;  /* in [-128, 127] */
    int32_t out_zero_point; /* in [-128, 127] */
    int32_t act_min;        /* in [-128, act_max] */
    int32_t act_max;        /* in [act_min, 127] */
    int32_t is_signed;      /* whether outputs of negative sums differ */
    int32_t strip;          /* output pixels computed at a time */
    int32_t words;          /* of a record */
    const int32_t *weight;  /* (channels + 3) / 4 records, see te_mve_depthwise_block */
} te_depthwise_conv2d_mve_params;

typedef void (*te_mve_depthwise_dots)(te_mve_depthwise_block *block);

/* The kernel rows of an output row, and the scratch. Rows outside the input are padding, whose
 * pixels are all the same.
 */
typedef struct {
    const te_depthwise_conv2d_mve_params *op;
    const int8_t *from[TE_MVE_GREATEST_HEIGHT];
    int32_t step[TE_MVE_GREATEST_HEIGHT];
    int32_t planes;  /* words of a column of a channel */
    int32_t *sums;   /* [strip, 4] */
    int8_t *padding; /* 16 bytes of the input's zero point */
    int8_t *columns; /* words of the columns of a strip, and 192 bytes behind */
} te_mve_depthwise_row;

/* Expands `count` columns of channels from `channel` on, from column `iw` on. */
static inline void te_mve_depthwise_columns(const te_mve_depthwise_row *row, int32_t iw,
                                            int32_t count, int32_t channel, int32_t lanes)
{
    const te_depthwise_conv2d_mve_params *const op = row->op;
    const int32_t column_nbytes = row->planes * TE_MVE_WORDS_NBYTES;
    const int32_t left = te_clamp(-iw, 0, count);
    const int32_t right = te_clamp(iw + count - op->in_w, 0, count - left);
    const int32_t inside = count - left - right;
    int8_t *const to = row->columns + left * column_nbytes;
    if (left > 0) {
        te_mve_fill(row->columns, op->in_zero_point, left * column_nbytes);
    }
    if (right > 0) {
        te_mve_fill(to + inside * column_nbytes, op->in_zero_point, right * column_nbytes);
    }
    for (int32_t plane = 0; plane < row->planes && inside > 0; plane++) {
        const int32_t first = 4 * plane;
        te_mve_depthwise_rows rows = {.to = to + plane * TE_MVE_WORDS_NBYTES,
                                      .to_step = column_nbytes,
                                      .columns = inside,
                                      .lanes = lanes};
        for (int32_t i = 0; i < 4; i++) {
            const int32_t step = row->step[first + i];
            const int32_t skipped = step == 0 ? 0 : (iw + left) * step + channel;
            rows.from[i] = row->from[first + i] + skipped;
            rows.step[i] = step;
        }
        switch (op->kernel_h - first) {
        case 1:
            te_mve_depthwise_expand_1(&rows);
            break;
        case 2:
            te_mve_depthwise_expand_2(&rows);
            break;
        case 3:
            te_mve_depthwise_expand_3(&rows);
            break;
        default:
            te_mve_depthwise_expand_4(&rows);
            break;
        }
    }
}

/* Finds the kernel rows of output row `oh`. */
static inline void te_mve_depthwise_find(te_mve_depthwise_row *row, te_src in, int32_t oh)
{
    const te_depthwise_conv2d_mve_params *const op = row->op;
    const int32_t ih = oh * op->stride_h - op->pad_top;
    const te_taps taps = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
    te_row_walk walk = te_walk_rows(in, ih + taps.first * op->dilation_h, op->dilation_h);
    for (int32_t kh = 0; kh < 4 * row->planes; kh++) {
        const int32_t is_inside = kh >= taps.first && kh < taps.last;
        row->from[kh] = is_inside != 0 ? in.base + walk.offset : row->padding;
        row->step[kh] = is_inside != 0 ? op->channels : 0;
        if (is_inside != 0) {
            te_walk_on(&walk);
        }
    }
}

/* Computes 16 channels of an output row, or the last ones, from `channel` on. */
static inline void te_mve_depthwise_channels(const te_mve_depthwise_row *row, int32_t channel,
                                             int8_t *out, te_mve_depthwise_dots dots)
{
    const te_depthwise_conv2d_mve_params *const op = row->op;
    const int32_t left = op->channels - channel;
    const int32_t lanes = left < TE_MVE_LANES ? left : TE_MVE_LANES;
    for (int32_t ow = 0; ow < op->out_w; ow += op->strip) {
        const int32_t pixels = op->out_w - ow < op->strip ? op->out_w - ow : op->strip;
        const int32_t iw = ow * op->stride_w - op->pad_left;
        const int32_t columns = (pixels - 1) * op->stride_w + op->kernel_w;
        te_mve_depthwise_block block = {
            .words = row->columns,
            .word_step = TE_MVE_WORDS_NBYTES,
            .step = row->planes * op->stride_w * TE_MVE_WORDS_NBYTES,
            .pixels = pixels,
            .channels = lanes,
            .weight = op->weight + channel / TE_MVE_QUAD * op->words,
            .sums = row->sums,
            .out = out + ow * op->channels + channel,
            .out_step = op->channels,
            .zero_point = op->out_zero_point,
            .act_min = op->act_min,
            .act_max = op->act_max,
            .is_signed = op->is_signed,
        };
        te_mve_depthwise_columns(row, iw, columns, channel, lanes);
        dots(&block);
    }
}

/* Computes output rows [first, last). */
static inline void te_mve_depthwise(const te_depthwise_conv2d_mve_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last, int32_t *scratch,
                                    te_mve_depthwise_dots dots)
{
    int8_t *const behind_sums = (int8_t *)(scratch + TE_MVE_QUAD * op->strip);
    te_mve_depthwise_row row = {.op = op,
                                .planes = (op->kernel_h + 3) / 4,
                                .sums = scratch,
                                .padding = behind_sums,
                                .columns = behind_sums + TE_MVE_LANES};
    te_mve_fill(row.padding, op->in_zero_point, TE_MVE_LANES);
    for (int32_t oh = first; oh < last; oh++) {
        int8_t *const to = te_dst_row(out, oh);
        te_mve_depthwise_find(&row, in, oh);
        for (int32_t channel = 0; channel < op->channels; channel += TE_MVE_LANES) {
            te_mve_depthwise_channels(&row, channel, to, dots);
        }
    }
}

#endif
