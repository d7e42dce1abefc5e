/* Product of an int8 image and a factor per channel, DSP extension. */
#include "te_mul_channels_dsp.h"

#include "te_dsp_elementwise_mul.h"

static inline te_mul_channel te_mul_channel_of(const te_mul_channels_dsp_params *op, int32_t vector)
{
    te_mul_channel channel;
    channel.factor = (vector - op->vector_zero_point) * op->factor;
    channel.offset = op->offset + 2 * te_smlawb(channel.factor, op->image_centre, 0);
    return channel;
}

/* Four channels of `pixels` pixels. */
static void te_mul_quads(te_mul_column *column, const int8_t *image, int8_t *out, int32_t pixels,
                         int32_t doublings)
{
    const int32_t in_pairs = (pixels & ~1) * column->gap;
    if (pixels > 1) {
        column->image = image;
        column->to_output = (uintptr_t)out - (uintptr_t)image;
        column->end = image + in_pairs;
        te_mul_run_column(column, doublings);
    }
    if (pixels & 1) {
        const int32_t quad = te_load_s8x4(image + in_pairs);
        te_store_s8x4(out + in_pairs, te_mul_quad(column->channel, quad, doublings));
    }
}

/* All channels of `pixels` pixels, channel by channel: every element is read before any element
 * of a later pixel in the same channels is written.
 */
static void te_mul_block(const te_mul_channels_dsp_params *op, const int8_t *image,
                         const int8_t *vector, int8_t *out, int32_t pixels)
{
    te_mul_column column;
    column.gap = op->channels;
    int32_t c = 0;
    for (; c + 4 <= op->channels; c += 4) {
        for (int32_t i = 0; i < 4; i++) {
            column.channel[i] = te_mul_channel_of(op, vector[c + i]);
        }
        te_mul_quads(&column, image + c, out + c, pixels, op->doublings);
    }
    for (; c < op->channels; c++) {
        const te_mul_channel channel = te_mul_channel_of(op, vector[c]);
        for (int32_t at = c; at < pixels * op->channels; at += op->channels) {
            const int32_t value = te_smlawb(channel.factor, image[at] * 256, channel.offset);
            out[at] = te_output_of(value, op->doublings);
        }
    }
}

/* Rows that follow each other in memory. Channel by channel is not the order in which elements may
 * be overwritten, unless they are overwritten by their own outputs: where the output follows the
 * image more closely, it goes by as many pixels as lie between them.
 */
static void te_mul_rows(const te_mul_channels_dsp_params *op, const int8_t *image,
                        const int8_t *vector, int8_t *out, int32_t rows)
{
    const int32_t pixels = rows * op->pixels;
    const int32_t nbytes = pixels * op->channels;
    const uintptr_t behind = (uintptr_t)image - (uintptr_t)out;
    int32_t step = pixels;
    if (behind > 0 && behind < (uintptr_t)nbytes) {
        step = (int32_t)behind / op->channels;
        step = step > 1 ? step : 1;
    }
    for (int32_t at = 0; at < pixels; at += step) {
        const int32_t count = step < pixels - at ? step : pixels - at;
        te_mul_block(op, image + at * op->channels, vector, out + at * op->channels, count);
    }
    if (op->clamps) {
        te_clamp_run(out, nbytes, op->act_min, op->act_max);
    }
}

/* How many of `count` rows from `row` on a ring of `rows` holds one after the other. */
static int32_t te_rows_together(int32_t row, int32_t count, int32_t rows)
{
    const int32_t before_end = rows - te_ring_index(row, rows);
    return count < before_end ? count : before_end;
}

void te_mul_s8_dsp_channels(const te_mul_channels_dsp_params *op, te_src lhs, te_src rhs,
                            te_dst out, int32_t first, int32_t last)
{
    const te_mul_channels_dsp_params params = *op;
    const te_src image = params.rhs_is_image ? rhs : lhs;
    const int8_t *const vector = te_src_row(params.rhs_is_image ? lhs : rhs, 0);
    for (int32_t row = first; row < last;) {
        int32_t rows = te_rows_together(row, last - row, image.rows);
        rows = te_rows_together(row, rows, out.rows);
        te_mul_rows(&params, te_src_row(image, row), vector, te_dst_row(out, row), rows);
        row += rows;
    }
}
