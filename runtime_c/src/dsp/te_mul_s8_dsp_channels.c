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

/* All channels of `pixels` pixels, channel by channel. */
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

/* Copies bytes to lower addresses: all that a word overwrites has been read before. */
static void te_copy_down(int8_t *to, const int8_t *from, int32_t nbytes)
{
    int32_t i = 0;
    for (; i + 16 <= nbytes; i += 16) {
        const int32_t quad0 = te_load_s8x4(from + i);
        const int32_t quad1 = te_load_s8x4(from + i + 4);
        const int32_t quad2 = te_load_s8x4(from + i + 8);
        const int32_t quad3 = te_load_s8x4(from + i + 12);
        te_store_s8x4(to + i, quad0);
        te_store_s8x4(to + i + 4, quad1);
        te_store_s8x4(to + i + 8, quad2);
        te_store_s8x4(to + i + 12, quad3);
    }
    for (; i < nbytes; i++) {
        to[i] = from[i];
    }
}

/* Rows that follow each other in memory. Going channel by channel, elements may be overwritten by
 * their own outputs only: where the output follows the image more closely than that, the image is
 * first copied to where its outputs will be.
 */
static void te_mul_rows(const te_mul_channels_dsp_params *op, const int8_t *image,
                        const int8_t *vector, int8_t *out, int32_t rows)
{
    const int32_t pixels = rows * op->pixels;
    const int32_t nbytes = pixels * op->channels;
    const uintptr_t behind = (uintptr_t)image - (uintptr_t)out;
    if (behind > 0 && behind < (uintptr_t)nbytes) {
        te_copy_down(out, image, nbytes);
        image = out;
    }
    te_mul_block(op, image, vector, out, pixels);
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

TE_SHARED void te_mul_s8_dsp_channels(const te_mul_channels_dsp_params *op, te_src lhs, te_src rhs,
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
