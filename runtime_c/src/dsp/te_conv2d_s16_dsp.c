/* Two-dimensional convolution of int16 for the DSP extension.
 *
 * A group of 4, 2 or 1 output pixels is computed at a time: pairs of the taps of their windows stand
 * side by side in the scratch, and then all output channels are computed from there, two at a time.
 */
#include "te_dsp_conv2d_s16.h"

#include "te_dsp_conv_s16.h"
#include "te_requantize.h"
#include "te_window.h"

/* A pair of taps, from any even address. */
static inline int32_t te_load_pair(const int16_t *from)
{
    int32_t pair;
    __builtin_memcpy(&pair, from, sizeof pair);
    return pair;
}

/* Puts the pairs of a run of `count` taps of every pixel side by side. Runs stand `step` elements
 * apart; gives the word behind.
 */
static inline int32_t *te_spread(int32_t *x, int32_t group, const int16_t *from, int32_t step,
                                 int32_t count)
{
    const int16_t *const end = from + (count & ~1);
    if (group == 4) {
        for (; from != end; from += 2) {
            x[0] = te_load_pair(from);
            x[1] = te_load_pair(from + step);
            x[2] = te_load_pair(from + 2 * step);
            x[3] = te_load_pair(from + 3 * step);
            x += 4;
        }
    } else {
        for (; from != end; from += 2) {
            for (int32_t pixel = 0; pixel < group; pixel++) {
                *x++ = te_load_pair(from + pixel * step);
            }
        }
    }
    if ((count & 1) != 0) {
        for (int32_t pixel = 0; pixel < group; pixel++) {
            *x++ = from[pixel * step] & 0xffff;
        }
    }
    return x;
}

/* Copies the taps of one kernel row of a pixel from input row `row` to `run`, side by side, with
 * zeros for those outside. Column `iw` is the first tap's.
 */
static void te_copy_run(const te_conv2d_s16_dsp_params *op, const int16_t *row, int32_t iw,
                        int16_t *run)
{
    const te_taps inside = te_clip_taps(iw, op->dilation_w, op->kernel_w, op->in_w);
    const size_t nbytes = (size_t)op->in_c * sizeof *run;
    __builtin_memset(run, 0, (size_t)op->kernel_w * nbytes);
    for (int32_t kw = inside.first; kw < inside.last; kw++) {
        const int16_t *const from = row + (iw + kw * op->dilation_w) * op->in_c;
        __builtin_memcpy(run + kw * op->in_c, from, nbytes);
    }
}

/* Puts zeros for `rows` kernel rows outside the input; gives the word behind. */
static inline int32_t *te_put_zeros(const te_conv2d_s16_dsp_params *op, int32_t *x, int32_t rows,
                                    int32_t group)
{
    int32_t *const end = x + rows * ((op->kernel_w * op->in_c + 1) / 2) * group;
    while (x != end) {
        *x++ = 0;
    }
    return x;
}

/* Spreads the windows of `group` pixels from output column `ow` on. `walk` stands at the first
 * kernel row inside the input. `run` has place for a kernel row's taps of a pixel.
 */
static void te_gather(const te_conv2d_s16_dsp_params *op, te_src in, te_row_walk walk, te_taps rows,
                      int32_t ow, int32_t group, int32_t *x, int16_t *run)
{
    const int32_t count = op->kernel_w * op->in_c;
    const int32_t iw = ow * op->stride_w - op->pad_left;
    const int32_t reach = (group - 1) * op->stride_w + op->kernel_w;
    const int32_t is_inside = iw >= 0 && iw + reach <= op->in_w && op->dilation_w == 1;
    x = te_put_zeros(op, x, rows.first, group);
    for (int32_t kh = rows.first; kh < rows.last; kh++) {
        const int16_t *const from = te_walk_row_s16(in, walk);
        if (is_inside) {
            x = te_spread(x, group, from + iw * op->in_c, op->stride_w * op->in_c, count);
        } else {
            for (int32_t pixel = 0; pixel < group; pixel++) {
                te_copy_run(op, from, iw + pixel * op->stride_w, run);
                for (int32_t i = 0; i < (count + 1) / 2; i++) {
                    const int32_t is_last = 2 * i + 1 == count;
                    x[i * group + pixel] =
                        is_last ? run[2 * i] & 0xffff : te_load_pair(run + 2 * i);
                }
            }
            x += (count + 1) / 2 * group;
        }
        te_walk_on(&walk);
    }
    (void)te_put_zeros(op, x, op->kernel_h - rows.last, group);
}

/* Computes all channels of a group of pixels from their windows. */
static void te_compute(const te_conv2d_s16_dsp_params *op, te_conv_dot dot,
                       const te_conv_block *block)
{
    if (op->out_c > 1) {
        dot(block);
    }
    if ((op->out_c & 1) != 0) {
        te_conv_odd(block, dot, op->words - op->even_words, (op->out_c - 1) * 2);
    }
}

/* Clamps a row to what saturation leaves. */
static void te_clamp_row(const te_conv2d_s16_dsp_params *op, int16_t *row)
{
    for (int32_t i = 0; i < op->out_w * op->out_c; i++) {
        row[i] = (int16_t)te_clamp(row[i], op->act_min, op->act_max);
    }
}

TE_SHARED void te_conv2d_s16_dsp(const te_conv2d_s16_dsp_params *op, te_src in, te_dst out,
                                 int32_t first, int32_t last, void *scratch)
{
    int32_t *const x = scratch;
    int16_t *const run = (int16_t *)(void *)(x + op->pairs * op->group);
    const int32_t pixel_nbytes = op->out_c * 2;
    te_conv_block block = te_conv_even(op->weight, op->even_words, x, op->pairs);
    block.pixel_step = pixel_nbytes;
    block.pixel_step_3 = 3 * pixel_nbytes;
    block.channel_step = 2;
    block.rounding = op->act_min == 0 ? TE_CONV_UP_LESS : TE_CONV_SIGNED;
    const int32_t is_clamped =
        op->act_max < INT16_MAX || (op->act_min != 0 && op->act_min > INT16_MIN);
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        const te_taps rows = te_clip_taps(ih, op->dilation_h, op->kernel_h, op->in_h);
        const te_row_walk walk = te_walk_rows(in, ih + rows.first * op->dilation_h, op->dilation_h);
        int8_t *const to = te_dst_row(out, oh);
        int32_t group = op->group;
        for (int32_t ow = 0; ow < op->out_w; ow += group) {
            while (group > op->out_w - ow) {
                group = (int32_t)((uint32_t)group / 2U);
            }
            te_gather(op, in, walk, rows, ow, group, x, run);
            block.out = to + ow * pixel_nbytes;
            block.x_end = x + block.pairs * group;
            te_compute(op,
                       group == 4   ? te_conv_dot_4_s16
                       : group == 2 ? te_conv_dot_2_s16
                                    : te_conv_dot_1_s16,
                       &block);
        }
        if (is_clamped) {
            te_clamp_row(op, te_dst_row_s16(out, oh));
        }
    }
}
