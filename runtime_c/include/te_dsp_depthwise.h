/* Depthwise convolution for the DSP extension: what its kernels share, around the dot products.
 *
 * Of four channels at a time (of one where rows are [C][W]), the input is expanded to int16 lines
 * in the scratch, two rows to a line: what lies outside the input is 0 there, so every output is
 * computed alike. The sums of all outputs of the line are collected in the scratch.
 */
#ifndef TE_DSP_DEPTHWISE_H
#define TE_DSP_DEPTHWISE_H

#include "te_dsp.h"
#include "te_dsp_depthwise_asm.h"
#include "te_dsp_depthwise_conv2d.h"
#include "te_rows.h"

/* A place in the image: the lines of one strip of outputs. */
typedef struct {
    int32_t first; /* the first column inside the input */
    int32_t count; /* columns inside the input */
    int32_t left;  /* columns of padding before them */
    int32_t outputs;
} te_depthwise_strip;

/* The lines of one channel; those of the next are `lane` words further on. */
typedef struct {
    int32_t *pairs;  /* [columns] */
    int32_t *single; /* [columns / 2] */
    int32_t *sums;   /* [strip] */
    int32_t lane;
} te_depthwise_lines;

/* Which rows of a pair are inside the input; the others are 0. */
enum { TE_BOTH = 0, TE_LOW = 1, TE_HIGH = 2 };

/* Expands `count` quads of channels of the rows `low` and `high`, `step` bytes apart, to pairs in
 * four lanes. `centre` is the pair of -zero_point, `zeros` four zero points.
 */
static inline void te_expand_quads(const int8_t *low, const int8_t *high, int32_t step,
                                   int32_t count, int32_t centre, int32_t zeros, int32_t inside,
                                   int32_t *lane_0, int32_t lane)
{
    int32_t *lane_1 = lane_0 + lane;
    int32_t *lane_2 = lane_1 + lane;
    int32_t *lane_3 = lane_2 + lane;
    const int32_t end = count * step;
    for (int32_t at = 0; at < end; at += step) {
        const int32_t x = inside == TE_HIGH ? zeros : te_load_s8x4(low + at);
        const int32_t y = inside == TE_LOW ? zeros : te_load_s8x4(high + at);
        const int32_t front = te_pack_low(x, y);
        const int32_t back = te_pack_high(x, y);
        *lane_0++ = te_sxtab16(centre, front);
        *lane_1++ = te_sxtab16_ror8(centre, front);
        *lane_2++ = te_sxtab16(centre, back);
        *lane_3++ = te_sxtab16_ror8(centre, back);
    }
}

/* Expands `count` columns of one channel of the rows `low` and `high` to pairs. */
static inline void te_expand_columns(const int8_t *low, const int8_t *high, int32_t count,
                                     int32_t centre, int32_t zeros, int32_t inside, int32_t *line)
{
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const int32_t x = inside == TE_HIGH ? zeros : te_load_s8x4(low + i);
        const int32_t y = inside == TE_LOW ? zeros : te_load_s8x4(high + i);
        const int32_t front = te_pack_low(x, y);
        const int32_t back = te_pack_high(x, y);
        line[i] = te_sxtab16(centre, front);
        line[i + 1] = te_sxtab16_ror8(centre, front);
        line[i + 2] = te_sxtab16(centre, back);
        line[i + 3] = te_sxtab16_ror8(centre, back);
    }
    const int32_t zero = (int8_t)(zeros & 0xff);
    for (; i < count; i++) {
        const int32_t x = inside == TE_HIGH ? zero : low[i];
        const int32_t y = inside == TE_LOW ? zero : high[i];
        line[i] = te_add16(centre, te_pack_low(x, y));
    }
}

/* Expands `count` columns of one channel of a row to words of two columns. */
static inline void te_expand_run(const int8_t *row, int32_t count, int32_t centre, int32_t *line)
{
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const int32_t quad = te_load_s8x4(row + i);
        const int32_t even = te_sxtab16(centre, quad);
        const int32_t odd = te_sxtab16_ror8(centre, quad);
        *line++ = te_pack_low(even, odd);
        *line++ = te_pack_high(even, odd);
    }
    for (; i + 2 <= count; i += 2) {
        *line++ = te_add16(centre, te_pack_low(row[i], row[i + 1]));
    }
    if (i < count) {
        *line = te_pack_low(row[i] + (int16_t)centre, 0);
    }
}

static inline int32_t te_depthwise_round(int32_t sum, const int32_t *factors, int32_t rounding)
{
    if (rounding == TE_DEPTHWISE_SIGNED) {
        const int32_t scaled = te_multiply_high_rounded(sum, factors[0], factors[1]);
        return te_saturate8((scaled + (sum >> 31)) >> factors[2]);
    }
    const int32_t scaled = te_multiply_high(sum, factors[0], factors[1]);
    return te_saturate8(scaled >> (rounding == TE_DEPTHWISE_UP_10 ? 10 : 12));
}

/* Writes the outputs of `count` sums. */
static inline void te_depthwise_store(const int32_t *sums, int32_t count, const int32_t *record,
                                      int32_t rounding, int8_t *out, int32_t step)
{
    const int32_t shift = rounding == TE_DEPTHWISE_SIGNED ? record[2] : 0;
    const int32_t factors[3] = {record[0], record[1], shift};
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const int32_t a = te_depthwise_round(sums[i], factors, rounding);
        const int32_t b = te_depthwise_round(sums[i + 1], factors, rounding);
        const int32_t c = te_depthwise_round(sums[i + 2], factors, rounding);
        const int32_t d = te_depthwise_round(sums[i + 3], factors, rounding);
        out[0] = (int8_t)a;
        out[step] = (int8_t)b;
        out += 2 * step;
        out[0] = (int8_t)c;
        out[step] = (int8_t)d;
        out += 2 * step;
    }
    for (; i < count; i++) {
        *out = (int8_t)te_depthwise_round(sums[i], factors, rounding);
        out += step;
    }
}

static inline void te_depthwise_finish(const int32_t *sums, int32_t count, const int32_t *factors,
                                       int32_t rounding, int8_t *out, int32_t step)
{
    if (rounding == TE_DEPTHWISE_UP_10) {
        te_depthwise_store(sums, count, factors, TE_DEPTHWISE_UP_10, out, step);
    } else if (rounding == TE_DEPTHWISE_UP_12) {
        te_depthwise_store(sums, count, factors, TE_DEPTHWISE_UP_12, out, step);
    } else {
        te_depthwise_store(sums, count, factors, TE_DEPTHWISE_SIGNED, out, step);
    }
}

/* The dot products of one line, by kernel width and stride; constants where this is inlined. */
static inline void te_depthwise_pairs_of(const int32_t *x, const int32_t *weight, int32_t *sums,
                                         int32_t count, int32_t taps, int32_t stride)
{
    if (taps == 3) {
        stride == 1 ? te_depthwise_pairs_3_1(x, weight, sums, count)
                    : te_depthwise_pairs_3_2(x, weight, sums, count);
    } else if (taps == 5) {
        stride == 1 ? te_depthwise_pairs_5_1(x, weight, sums, count)
                    : te_depthwise_pairs_5_2(x, weight, sums, count);
    } else {
        stride == 1 ? te_depthwise_pairs_7_1(x, weight, sums, count)
                    : te_depthwise_pairs_7_2(x, weight, sums, count);
    }
}

static inline void te_depthwise_single_of(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count, int32_t taps, int32_t stride)
{
    if (taps == 3) {
        stride == 1 ? te_depthwise_single_3_1(x, weight, sums, count)
                    : te_depthwise_single_3_2(x, weight, sums, count);
    } else if (taps == 5) {
        stride == 1 ? te_depthwise_single_5_1(x, weight, sums, count)
                    : te_depthwise_single_5_2(x, weight, sums, count);
    } else {
        stride == 1 ? te_depthwise_single_7_1(x, weight, sums, count)
                    : te_depthwise_single_7_2(x, weight, sums, count);
    }
}

/* What stays the same for all channels of a strip of one output row. */
typedef struct {
    const te_depthwise_conv2d_dsp_params *op;
    const int8_t *rows[TE_DEPTHWISE_ROWS]; /* of the window; null outside the input */
    te_depthwise_strip strip;
    te_depthwise_lines lines;
    int32_t lanes;  /* channels computed at a time, 4 or 1 */
    int32_t centre; /* the pair of -zero_point */
    int32_t zeros;  /* four zero points */
} te_depthwise_state;

/* Expands two rows of the channels from `ic` on; none of both is outside the input. */
static inline void te_depthwise_expand_pairs(const te_depthwise_state *on, int32_t kh, int32_t ic)
{
    const te_depthwise_conv2d_dsp_params *const op = on->op;
    const int8_t *low = on->rows[kh];
    const int8_t *high = on->rows[kh + 1];
    const int32_t inside = low == 0 ? TE_HIGH : high == 0 ? TE_LOW : TE_BOTH;
    const int32_t count = on->strip.count;
    int32_t *const line = on->lines.pairs + on->strip.left;
    low = low == 0 ? high : low;
    high = high == 0 ? low : high;
    if (op->reads_channels) {
        const int32_t at = ic * op->in_w + on->strip.first;
        te_expand_columns(low + at, high + at, count, on->centre, on->zeros, inside, line);
    } else {
        const int32_t at = on->strip.first * op->in_c + ic;
        te_expand_quads(low + at, high + at, op->in_c, count, on->centre, on->zeros, inside, line,
                        on->lines.lane);
    }
}

/* Expands one row of the channels from `ic` on, two columns to a word. */
static inline void te_depthwise_expand_single(const te_depthwise_state *on, int32_t kh, int32_t ic)
{
    const te_depthwise_conv2d_dsp_params *const op = on->op;
    const int32_t in_c = op->in_c;
    const int32_t lane = on->lines.lane;
    const int32_t is_odd = on->strip.left & 1;
    const int32_t step = op->reads_channels ? 1 : in_c;
    int32_t count = on->strip.count;
    int32_t *line = on->lines.single + on->strip.left / 2;
    const int8_t *from = on->rows[kh];
    from += op->reads_channels ? ic * op->in_w + on->strip.first : on->strip.first * in_c + ic;
    if (is_odd && count > 0) {
        if (op->reads_channels) {
            *line = te_pack_low(0, *from + (int16_t)on->centre);
        } else {
            te_expand_quads(from, from, 1, 1, on->centre, on->zeros, TE_HIGH, line, lane);
        }
        line++;
        from += step;
        count--;
    }
    if (op->reads_channels) {
        te_expand_run(from, count, on->centre, line);
        return;
    }
    te_expand_quads(from, from + in_c, 2 * in_c, count / 2, on->centre, on->zeros, TE_BOTH, line,
                    lane);
    if (count & 1) {
        from += (count - 1) * in_c;
        te_expand_quads(from, from, 1, 1, on->centre, on->zeros, TE_LOW, line + count / 2, lane);
    }
}

/* Sets what is outside the input to 0. */
static inline void te_depthwise_clear(const te_depthwise_state *on)
{
    const int32_t columns = on->op->columns;
    const int32_t behind = on->strip.left + on->strip.count;
    int32_t *pairs = on->lines.pairs;
    int32_t *single = on->lines.single;
    for (int32_t i = 0; i < on->lanes; i++) {
        for (int32_t column = 0; column < on->strip.left; column++) {
            pairs[column] = 0;
            single[column / 2] = 0;
        }
        for (int32_t column = behind; column < columns; column++) {
            pairs[column] = 0;
            single[column / 2] = 0;
        }
        pairs += on->lines.lane;
        single += on->lines.lane;
    }
}

/* Computes one strip of `lanes` output channels from `oc` on, of input channels from `ic` on. */
static inline void te_depthwise_channels(const te_depthwise_state *on, int32_t oc, int32_t ic,
                                         int8_t *out, int32_t taps, int32_t stride)
{
    const te_depthwise_conv2d_dsp_params *const op = on->op;
    const int32_t lane = on->lines.lane;
    const int32_t outputs = on->strip.outputs;
    const int32_t *const record = op->weight + oc * op->record_words;
    int32_t *sums = on->lines.sums;
    for (int32_t i = 0; i < on->lanes; i++) {
        const int32_t bias = record[i * op->record_words];
        for (int32_t ow = 0; ow < outputs; ow++) {
            sums[ow] = bias;
        }
        sums += lane;
    }
    const int32_t *weight = record + 1;
    int32_t kh = 0;
    for (; kh + 2 <= op->kernel_h; kh += 2) {
        if (on->rows[kh] != 0 || on->rows[kh + 1] != 0) {
            te_depthwise_expand_pairs(on, kh, ic);
            for (int32_t i = 0; i < on->lanes; i++) {
                te_depthwise_pairs_of(on->lines.pairs + i * lane, weight + i * op->record_words,
                                      on->lines.sums + i * lane, outputs, taps, stride);
            }
        }
        weight += taps;
    }
    if (kh < op->kernel_h) {
        if (on->rows[kh] != 0) {
            te_depthwise_expand_single(on, kh, ic);
            for (int32_t i = 0; i < on->lanes; i++) {
                te_depthwise_single_of(on->lines.single + i * lane, weight + i * op->record_words,
                                       on->lines.sums + i * lane, outputs, taps, stride);
            }
        }
        weight += stride == 1 ? taps - 1 : taps / 2 + 1;
    }
    out += oc * op->channel_step;
    for (int32_t i = 0; i < on->lanes; i++) {
        te_depthwise_finish(on->lines.sums + i * lane, outputs, weight, op->rounding, out,
                            op->pixel_step);
        out += op->channel_step;
        weight += op->record_words;
    }
}

/* Where a strip of outputs from `ow` on lies in the input. */
static inline te_depthwise_strip te_depthwise_place(const te_depthwise_conv2d_dsp_params *op,
                                                    int32_t ow, int32_t stride)
{
    const int32_t start = ow * stride - op->pad_left;
    const int32_t rest = op->out_w - ow;
    const int32_t stop = start + op->columns < op->in_w ? start + op->columns : op->in_w;
    te_depthwise_strip strip;
    strip.first = start < 0 ? 0 : start;
    strip.left = strip.first - start < op->columns ? strip.first - start : op->columns;
    strip.count = stop > strip.first ? stop - strip.first : 0;
    strip.outputs = rest < op->strip ? rest : op->strip;
    return strip;
}

/* The kernel for a width of 3, 5 or 7 and a horizontal stride of 1 or 2, both constants.
 *
 * A record of `weight` is: the bias; for every two rows of the window, `taps` pairs of the weights
 * of both; where the window has an odd number of rows, the last one as te_dsp_depthwise_asm.h says;
 * the factors.
 */
static inline void te_depthwise_dsp(const te_depthwise_conv2d_dsp_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last, void *scratch, int32_t taps,
                                    int32_t stride)
{
    te_depthwise_state on;
    on.op = op;
    on.lanes = op->reads_channels ? 1 : 4;
    on.centre = (int32_t)(((uint32_t)-op->in_zero_point & 0xffffU) * 0x10001U);
    on.zeros = (int32_t)(((uint32_t)op->in_zero_point & 0xffU) * 0x01010101U);
    on.lines.pairs = scratch;
    on.lines.single = on.lines.pairs + op->columns;
    on.lines.sums = on.lines.single + op->columns / 2;
    on.lines.lane = op->columns + op->columns / 2 + op->strip;
    for (int32_t oh = first; oh < last; oh++) {
        const int32_t ih = oh * op->stride_h - op->pad_top;
        for (int32_t kh = 0; kh < op->kernel_h; kh++) {
            const int32_t is_inside = ih + kh >= 0 && ih + kh < op->in_h;
            on.rows[kh] = is_inside ? te_src_row(in, ih + kh) : 0;
        }
        int8_t *const to = te_dst_row(out, oh);
        for (int32_t ow = 0; ow < op->out_w; ow += op->strip) {
            on.strip = te_depthwise_place(op, ow, stride);
            te_depthwise_clear(&on);
            int8_t *const at = to + ow * op->pixel_step;
            for (int32_t oc = 0; oc < op->out_c; oc += on.lanes) {
                const int32_t from = oc < op->out_c - on.lanes ? oc : op->out_c - on.lanes;
                const int32_t ic = op->multiplier == 1 ? from : from / op->multiplier;
                te_depthwise_channels(&on, from, ic, at, taps, stride);
            }
        }
        if (op->act_min > -128 || op->act_max < 127) {
            te_clamp_run(to, op->out_w * op->out_c, op->act_min, op->act_max);
        }
    }
}

#endif
