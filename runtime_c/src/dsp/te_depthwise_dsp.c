/* Depthwise convolution for the DSP extension, around the dot products of any kernel width.
 *
 * Of four channels ("lanes") at a time, the rows of a window are expanded to int16 lines in the
 * scratch, two rows to a line: what lies outside the input is 0 there, so every output is computed
 * alike. The sums of all outputs of a strip are collected in the scratch, line by line.
 */
#include "te_dsp_depthwise.h"
#include "te_dsp_depthwise_expand.h"
#include "te_dsp_depthwise_packed.h"

enum { TE_DEPTHWISE_LANES = 4 };

/* Two rows of a window that make a line of pairs. */
typedef struct {
    const int8_t *low; /* their first columns; one of them is null where it is outside the input */
    const int8_t *high;
    void (*expand)(te_expand_quads *quads); /* where rows are [W][C] */
    te_expand_quads quads;
    te_depthwise_pairs pass;
    int32_t to_weight; /* words from the record to the weights */
} te_depthwise_line;

/* One strip of one output row. */
typedef struct {
    const te_depthwise_conv2d_dsp_params *op;
    te_depthwise_line lines[TE_DEPTHWISE_ROWS / 2];
    int32_t line_count;
    const int8_t *row; /* of the single line at its first column; null where there is none */
    te_expand_quads quads;
    te_depthwise_single last;
    int32_t *left_word; /* where the first column stands alone in its word, or null */
    int32_t *right_word;
    int32_t right;   /* bytes from the first to the last column */
    int32_t centre;  /* the pair of -zero_point */
    int32_t zeros;   /* four zero points */
    int32_t first;   /* the first column inside the input */
    int32_t left;    /* columns of padding before it */
    int32_t count;   /* columns inside the input */
    int32_t columns; /* all columns that the strip reads, made even */
    int32_t outputs;
    int32_t *pairs;  /* [lanes, columns] */
    int32_t *single; /* [lanes, columns / 2] */
    int32_t *sums;   /* [lanes, outputs made even] */
    void (*unpack)(const te_depthwise_conv2d_dsp_params *op, int32_t oc, int32_t lanes,
                   int32_t *to); /* of the products */
    int32_t *unpacked;           /* [lanes, record_words]; only where records are packed */
    const int32_t *records;      /* of the channels at hand */
    int8_t *out;
} te_depthwise_strip;

/* Clears what lies outside the input in the lines of all lanes. */
static void te_depthwise_clear(const te_depthwise_strip *strip)
{
    const int32_t behind = strip->left + strip->count;
    for (int32_t lane = 0; lane < TE_DEPTHWISE_LANES; lane++) {
        int32_t *const pairs = strip->pairs + lane * strip->columns;
        int32_t *const single = strip->single + lane * strip->columns / 2;
        for (int32_t column = 0; column < strip->left; column++) {
            pairs[column] = 0;
            single[column / 2] = 0;
        }
        for (int32_t column = behind; column < strip->columns; column++) {
            pairs[column] = 0;
            single[column / 2] = 0;
        }
    }
}

/* Describes the expansion of `count` quads of two rows to the lines from `line` on. */
static te_expand_quads te_depthwise_quads(const te_depthwise_strip *strip, int32_t *line,
                                          int32_t pitch, int32_t step, int32_t count)
{
    const te_expand_quads quads = {
        .start = -count * step,
        .step = step,
        .centre = strip->centre,
        .lanes = {line, line + pitch, line + 2 * pitch, line + 3 * pitch}};
    return quads;
}

/* Finds the rows of the window at `ih`, and their lines. */
static void te_depthwise_find_rows(te_depthwise_strip *strip, te_src in, int32_t ih,
                                   te_depthwise_products products)
{
    const te_depthwise_conv2d_dsp_params *const op = strip->op;
    const int32_t step = op->reads_channels ? 1 : op->in_c;
    const int32_t paired = op->is_fused ? op->kernel_h & ~1 : op->kernel_h;
    const int32_t even = (strip->outputs + 1) & ~1;
    const int32_t from = strip->first * step;
    const te_expand_quads quads =
        te_depthwise_quads(strip, strip->pairs + strip->left, strip->columns, step, strip->count);
    strip->line_count = 0;
    strip->row = 0;
    for (int32_t kh = 0; kh < op->kernel_h; kh += 2) {
        const int32_t is_low = ih + kh >= 0 && ih + kh < op->in_h;
        const int32_t is_high = kh + 1 < op->kernel_h && ih + kh + 1 >= 0 && ih + kh + 1 < op->in_h;
        const int8_t *const low = is_low ? te_src_row(in, ih + kh) + from : 0;
        if (kh >= paired) {
            strip->row = low;
        } else if (is_low || is_high) {
            const te_depthwise_pairs pass = {.record_bytes = 4 * op->record_words,
                                             .to_bias = -4 * (1 + kh / 2 * products.taps),
                                             .outputs = even,
                                             .x = strip->pairs,
                                             .sums = strip->sums,
                                             .is_first = strip->line_count == 0};
            te_depthwise_line *const line = &strip->lines[strip->line_count++];
            line->low = low;
            line->high = is_high ? te_src_row(in, ih + kh + 1) + from : 0;
            line->expand = low == 0 ? te_expand_high : is_high ? te_expand_both : te_expand_low;
            line->quads = quads;
            line->pass = pass;
            line->to_weight = 1 + kh / 2 * products.taps;
        }
    }
}

/* Describes the last pass. */
static void te_depthwise_find_last(te_depthwise_strip *strip)
{
    const te_depthwise_conv2d_dsp_params *const op = strip->op;
    const int32_t odd = strip->left & 1;
    const te_depthwise_single last = {.outputs = strip->outputs,
                                      .record_bytes = 4 * op->record_words,
                                      .channel_step = op->channel_step,
                                      .pixel_step = op->pixel_step,
                                      .x = strip->single,
                                      .sums = strip->sums};
    const int32_t is_right = strip->count > odd && ((strip->count - odd) & 1);
    const int32_t column = strip->count - 1;
    strip->last = last;
    strip->left_word = odd && strip->count > 0 ? strip->single + strip->left / 2 : 0;
    strip->right_word = is_right ? strip->single + (strip->left + column) / 2 : 0;
    strip->right = column * op->in_c;
    strip->quads =
        te_depthwise_quads(strip, strip->single + (strip->left + odd) / 2, strip->columns / 2,
                           2 * op->in_c, strip->count > odd ? (strip->count - odd) / 2 : 0);
}

/* Gives the records of the `lanes` output channels from `oc` on. */
static const int32_t *te_depthwise_records(const te_depthwise_strip *strip, int32_t oc,
                                           int32_t lanes)
{
    const te_depthwise_conv2d_dsp_params *const op = strip->op;
    if (!op->is_packed) {
        return op->weight + oc * op->record_words;
    }
    if (strip->unpack != 0) {
        strip->unpack(op, oc, lanes, strip->unpacked);
        return strip->unpacked;
    }
    const int32_t pairs = op->record_words - 4;
    const int32_t words = te_depthwise_packed_words(pairs);
    const int32_t *packed = op->weight + oc * words;
    int32_t *to = strip->unpacked;
    for (int32_t lane = 0; lane < lanes; lane++) {
        const int32_t multiplier = *te_depthwise_unpack(packed, pairs, to + 1);
        to[0] = te_depthwise_bias(packed);
        to[pairs + 1] = multiplier;
        to[pairs + 2] = te_depthwise_offset(packed, op->out_zero_point, op->is_packed == 1);
        to[pairs + 3] = te_depthwise_bits(packed);
        to += op->record_words;
        packed += words;
    }
    return strip->unpacked;
}

/* Goes to the `lanes` output channels from `oc` on. */
static void te_depthwise_go_to(te_depthwise_strip *strip, int32_t oc, int32_t lanes, int32_t taps)
{
    const te_depthwise_conv2d_dsp_params *const op = strip->op;
    const int32_t *const record = te_depthwise_records(strip, oc, lanes);
    const int32_t ends = lanes * op->record_words;
    const int8_t *const zeros = (const int8_t *)&strip->zeros;
    for (int32_t i = 0; i < strip->line_count; i++) {
        te_depthwise_line *const line = &strip->lines[i];
        line->quads.low_end = line->low != 0 ? line->low + oc - line->quads.start : zeros;
        line->quads.high_end = line->high != 0 ? line->high + oc - line->quads.start : zeros;
        line->pass.weight = record + line->to_weight;
        line->pass.weight_end = line->pass.weight + ends;
    }
    strip->records = record;
    strip->last.out = strip->out + oc * op->channel_step;
    strip->last.weight = record + 1 + op->kernel_h / 2 * taps;
    strip->last.weight_end = strip->last.weight + ends;
    if (strip->row != 0) {
        const int32_t odd = (strip->left & 1) * op->in_c;
        strip->quads.low_end = strip->row + odd + oc - strip->quads.start;
        strip->quads.high_end = strip->quads.low_end + op->in_c;
    }
}

/* Expands two rows of `lanes` channels from `oc` on. */
static void te_depthwise_expand_channels(te_depthwise_strip *strip, const te_depthwise_line *line,
                                         int32_t oc, int32_t lanes)
{
    const te_depthwise_conv2d_dsp_params *const op = strip->op;
    int32_t *to = strip->pairs + strip->left;
    for (int32_t c = oc; c < oc + lanes; c++) {
        const int32_t ic = op->multiplier == 1 ? c : c / op->multiplier;
        const int32_t at = ic * op->in_w;
        if (line->low != 0 && line->high != 0) {
            te_expand_columns(line->low + at, line->high + at, to, strip->count, strip->centre);
        } else {
            const int8_t *const from = line->low != 0 ? line->low : line->high;
            te_expand_half(from + at, to, strip->count, strip->centre, line->low == 0);
        }
        to += strip->columns;
    }
}

/* Expands the single row of `lanes` channels from `oc` on, where rows are [C][W]. */
static void te_depthwise_expand_runs(te_depthwise_strip *strip, int32_t oc, int32_t lanes)
{
    const te_depthwise_conv2d_dsp_params *const op = strip->op;
    const int32_t odd = strip->left & 1;
    const int32_t paired = (strip->count - odd) & ~1;
    int32_t *to = strip->single + strip->left / 2;
    for (int32_t c = oc; c < oc + lanes; c++) {
        const int32_t ic = op->multiplier == 1 ? c : c / op->multiplier;
        const int8_t *const from = strip->row + ic * op->in_w;
        if (odd) {
            te_expand_half(from, to, 1, strip->centre, 1);
        }
        te_expand_run(from + odd, to + odd, paired, strip->centre);
        if (strip->count > odd + paired) {
            te_expand_half(from + odd + paired, to + odd + paired / 2, 1, strip->centre, 0);
        }
        to += strip->columns / 2;
    }
}

/* The same where they are [W][C]: four channels. */
static inline void te_depthwise_expand_row(te_depthwise_strip *strip, int32_t oc)
{
    const int8_t *const from = strip->row + oc;
    if (strip->left_word != 0) {
        te_expand_quad(strip->zeros, te_load_s8x4(from), strip->centre, strip->left_word,
                       strip->columns / 2);
    }
    if (strip->right_word != 0) {
        te_expand_quad(te_load_s8x4(from + strip->right), strip->zeros, strip->centre,
                       strip->right_word, strip->columns / 2);
    }
    if (strip->quads.start != 0) {
        te_expand_both(&strip->quads);
    }
}

/* Writes the outputs of `count` sums. */
static void te_depthwise_store(const te_depthwise_conv2d_dsp_params *op, const int32_t *sums,
                               int32_t count, const int32_t *factors, int8_t *out)
{
    const int32_t multiplier = factors[0];
    const int32_t offset = factors[1];
    const int32_t bits = factors[2];
    const int32_t step = op->pixel_step;
    if (op->is_signed) {
        for (int32_t i = 0; i < count; i++) {
            const int32_t sum = sums[i];
            const int32_t scaled = te_multiply_high_rounded(sum, multiplier, offset) + (sum >> 31);
            *out = (int8_t)te_saturate8(scaled >> bits);
            out += step;
        }
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        *out = (int8_t)te_saturate8(te_multiply_high(sums[i], multiplier, offset) >> bits);
        out += step;
    }
}

/* Writes the outputs of the `lanes` channels from `oc` on. */
static void te_depthwise_store_lanes(const te_depthwise_strip *strip, int32_t oc, int32_t lanes)
{
    const te_depthwise_conv2d_dsp_params *const op = strip->op;
    const int32_t *record = strip->records;
    const int32_t *sums = strip->sums;
    int8_t *out = strip->out + oc * op->channel_step;
    for (int32_t lane = 0; lane < lanes; lane++) {
        record += op->record_words;
        te_depthwise_store(op, sums, strip->outputs, record - 3, out);
        sums += (strip->outputs + 1) & ~1;
        out += op->channel_step;
    }
}

/* Starts the sums of the `lanes` channels at hand with their biases: where no row is paired. */
static void te_depthwise_start(te_depthwise_strip *strip, int32_t lanes)
{
    const int32_t even = (strip->outputs + 1) & ~1;
    for (int32_t i = 0; i < lanes * even; i++) {
        strip->sums[i] = strip->records[i / even * strip->op->record_words];
    }
}

/* Computes one strip of the `lanes` output channels from `oc` on, where rows are [C][W]. */
static void te_depthwise_channels(te_depthwise_strip *strip, int32_t oc, int32_t lanes,
                                  te_depthwise_products products)
{
    te_depthwise_go_to(strip, oc, lanes, products.taps);
    for (int32_t i = 0; i < strip->line_count; i++) {
        te_depthwise_expand_channels(strip, &strip->lines[i], oc, lanes);
        products.pairs(&strip->lines[i].pass);
    }
    if (strip->line_count == 0) {
        te_depthwise_start(strip, lanes);
    }
    if (strip->row == 0) {
        te_depthwise_store_lanes(strip, oc, lanes);
    } else {
        te_depthwise_expand_runs(strip, oc, lanes);
        products.single(&strip->last);
    }
}

/* Computes one strip of the four output channels from `oc` on, and goes to the next. */
static inline void te_depthwise_pixels(te_depthwise_strip *strip, int32_t oc,
                                       te_depthwise_products products)
{
    const int32_t words = TE_DEPTHWISE_LANES * strip->op->record_words;
    te_depthwise_line *const end = strip->lines + strip->line_count;
    for (te_depthwise_line *line = strip->lines; line != end; line++) {
        if (line->quads.start != 0) {
            line->expand(&line->quads);
        }
        products.pairs(&line->pass);
        line->pass.weight += words;
        line->pass.weight_end += words;
    }
    if (strip->line_count == 0) {
        te_depthwise_start(strip, TE_DEPTHWISE_LANES);
    }
    if (strip->row == 0) {
        te_depthwise_store_lanes(strip, oc, TE_DEPTHWISE_LANES);
    } else {
        te_depthwise_expand_row(strip, oc);
        products.single(&strip->last);
        strip->last.out += TE_DEPTHWISE_LANES * strip->op->channel_step;
        strip->last.weight += words;
        strip->last.weight_end += words;
    }
    strip->records += words;
}

/* Places the strip of outputs from `ow` on. */
static void te_depthwise_place(te_depthwise_strip *strip, int32_t ow, int32_t *scratch,
                               te_depthwise_products products)
{
    const te_depthwise_conv2d_dsp_params *const op = strip->op;
    const int32_t rest = op->out_w - ow;
    strip->outputs = rest < op->strip ? rest : op->strip;
    strip->columns = products.stride * ((strip->outputs + 1) & ~1) + products.taps - 1;
    const int32_t start = ow * products.stride - op->pad_left;
    const int32_t end = start + strip->columns;
    const int32_t stop = end < op->in_w ? end : op->in_w;
    strip->first = start < 0 ? 0 : start;
    strip->count = stop > strip->first ? stop - strip->first : 0;
    strip->left = strip->first - start < strip->columns ? strip->first - start : strip->columns;
    strip->first = strip->count > 0 ? strip->first : 0;
    strip->pairs = scratch;
    strip->single = strip->pairs + TE_DEPTHWISE_LANES * strip->columns;
    strip->sums = strip->single + TE_DEPTHWISE_LANES * strip->columns / 2;
    strip->unpacked = strip->sums + TE_DEPTHWISE_LANES * ((strip->outputs + 1) & ~1);
}

/* Computes one strip of all channels. Where rows are [W][C], the last ones are computed together
 * with some of those before, so that there are always four.
 */
static void te_depthwise_all_channels(te_depthwise_strip *strip, te_depthwise_products products)
{
    const int32_t lanes = TE_DEPTHWISE_LANES;
    const int32_t out_c = strip->op->out_c;
    if (strip->op->reads_channels) {
        for (int32_t oc = 0; oc < out_c; oc += lanes) {
            te_depthwise_channels(strip, oc, oc + lanes < out_c ? lanes : out_c - oc, products);
        }
        return;
    }
    int32_t oc = 0;
    for (; oc + lanes <= out_c; oc += lanes) {
        if (oc == 0 || strip->op->is_packed) {
            te_depthwise_go_to(strip, oc, lanes, products.taps);
        }
        te_depthwise_pixels(strip, oc, products);
    }
    if (oc < out_c) {
        te_depthwise_go_to(strip, out_c - lanes, lanes, products.taps);
        te_depthwise_pixels(strip, out_c - lanes, products);
    }
}

TE_SHARED void te_depthwise_dsp(const te_depthwise_conv2d_dsp_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last, void *scratch,
                                te_depthwise_products products)
{
    te_depthwise_strip strip;
    strip.op = op;
    strip.unpack = products.unpack;
    strip.centre = (int32_t)(((uint32_t)-op->in_zero_point & 0xffffU) * 0x10001U);
    strip.zeros = (int32_t)(((uint32_t)op->in_zero_point & 0xffU) * 0x01010101U);
    for (int32_t oh = first; oh < last; oh++) {
        int8_t *const to = te_dst_row(out, oh);
        for (int32_t ow = 0; ow < op->out_w; ow += op->strip) {
            te_depthwise_place(&strip, ow, scratch, products);
            te_depthwise_clear(&strip);
            te_depthwise_find_rows(&strip, in, oh * op->stride_h - op->pad_top, products);
            te_depthwise_find_last(&strip);
            strip.out = to + ow * op->pixel_step;
            te_depthwise_all_channels(&strip, products);
        }
        if (op->act_min > -128 || op->act_max < 127) {
            te_clamp_run(to, op->out_w * op->out_c, op->act_min, op->act_max);
        }
    }
}
