/* 3x3 depthwise convolution for the DSP extension, straight from rows [C][W].
 *
 * Neighbouring elements of a row are multiplied as they stand: elements 0 and 2 of four are a pair,
 * and 1 and 3. Two outputs are computed at a time; the first and the last where their windows reach
 * over the border are computed apart, with biases of their own.
 */
#ifndef TE_DSP_DEPTHWISE_ROWS_H
#define TE_DSP_DEPTHWISE_ROWS_H

#include "te_dsp.h"
#include "te_dsp_depthwise_conv2d.h"
#include "te_dsp_depthwise_packed.h"
#include "te_window.h"

/* One output row, as the dot products see it. Assembly reads the members by their places. */
typedef struct {
    const int8_t *rows[3]; /* of the window, at their first channel */
    int32_t row_steps[3];  /* bytes from one channel to the next; 0 for rows of zero points */
    const int32_t *record;
    const int32_t *record_end;
    int8_t *out;
    int32_t channel_step;
    int32_t pixel_step;
    int32_t count;    /* (pairs of windows inside the row - 1) * 2^16 */
    int32_t is_left;  /* whether the first output's window starts before the row */
    int32_t is_odd;   /* whether one window is left over by the pairs */
    int32_t is_right; /* whether the last output's window ends behind the row */
    int32_t in_w;     /* only the portable twin reads what follows */
    int32_t stride;
} te_depthwise_row;

/* Words of a record: (w0, w2) of each row; (w1 of row 0, w1 of row 1); w1 of row 2 and 0;
 * multiplier; offset; bias inside the row, at its left end, at its right end; bits.
 */
enum { TE_ROW_RECORD_WORDS = 11, TE_ROW_PAIRS = 5, TE_ROW_UNPACKED = 8 };

#if TE_HAS_DSP

/* What does not fit into registers: of the channel, then the row as it was given. */
typedef struct {
    int32_t multiplier; /* loaded with the next */
    int32_t offset;
    int32_t bias; /* inside the row, at its left end, at its right end */
    int32_t left_bias;
    int32_t right_bias;
    int32_t bits;
    te_depthwise_row row;
} te_row_frame;

#define TE_ROW_FRAME_MULTIPLIER 0
#define TE_ROW_FRAME_OFFSET 4
#define TE_ROW_FRAME_BIAS 8
#define TE_ROW_FRAME_LEFT_BIAS 12
#define TE_ROW_FRAME_RIGHT_BIAS 16
#define TE_ROW_FRAME_BITS 20
#define TE_ROW_FRAME_ROWS 24
#define TE_ROW_FRAME_ROWS_2 32
#define TE_ROW_FRAME_RECORD 48
#define TE_ROW_FRAME_OUT 56
#define TE_ROW_FRAME_PIXEL_STEP 64
#define TE_ROW_FRAME_COUNT 68
#define TE_ROW_FRAME_IS_LEFT 72
#define TE_ROW_FRAME_IS_ODD 76
#define TE_ROW_FRAME_IS_RIGHT 80
#define TE_ROW_FRAME_NBYTES 84
#define TE_ROW_AT(name) "[sp, #" TE_TEXT(TE_ROW_FRAME_##name) "]"

TE_HOLD(te_row_frame, multiplier, TE_ROW_FRAME_MULTIPLIER);
TE_HOLD(te_row_frame, offset, TE_ROW_FRAME_OFFSET);
TE_HOLD(te_row_frame, bias, TE_ROW_FRAME_BIAS);
TE_HOLD(te_row_frame, left_bias, TE_ROW_FRAME_LEFT_BIAS);
TE_HOLD(te_row_frame, right_bias, TE_ROW_FRAME_RIGHT_BIAS);
TE_HOLD(te_row_frame, bits, TE_ROW_FRAME_BITS);
TE_HOLD(te_row_frame, row.rows, TE_ROW_FRAME_ROWS);
TE_HOLD(te_row_frame, row.rows[2], TE_ROW_FRAME_ROWS_2);
TE_HOLD(te_row_frame, row.record, TE_ROW_FRAME_RECORD);
TE_HOLD(te_row_frame, row.record_end, TE_ROW_FRAME_RECORD + 4);
TE_HOLD(te_row_frame, row.out, TE_ROW_FRAME_OUT);
TE_HOLD(te_row_frame, row.channel_step, TE_ROW_FRAME_OUT + 4);
TE_HOLD(te_row_frame, row.pixel_step, TE_ROW_FRAME_PIXEL_STEP);
TE_HOLD(te_row_frame, row.count, TE_ROW_FRAME_COUNT);
TE_HOLD(te_row_frame, row.is_left, TE_ROW_FRAME_IS_LEFT);
TE_HOLD(te_row_frame, row.is_odd, TE_ROW_FRAME_IS_ODD);
TE_HOLD(te_row_frame, row.is_right, TE_ROW_FRAME_IS_RIGHT);
TE_HOLD(te_row_frame, row.in_w, TE_ROW_FRAME_NBYTES);

#include "te_dsp_depthwise_rows_outputs.h"

/* clang-format off */
/* Registers: r0-r2 the rows' next columns; r3, r9 elements; r4-r8 weights, with the count of pairs
 * in the high half of r8; r10, r11 sums; r12 out; lr pixel_step; the rest is in te_row_frame.
 */

/* Goes `by` columns on in all rows; with stride 2, the window after the left one starts at 1. */
#define TE_ROW_MOVE(by)                                                                            \
    "add r0, r0, " by "\n\t"                                                                       \
    "add r1, r1, " by "\n\t"                                                                       \
    "add r2, r2, " by "\n\t"
#define TE_ROW_START_1
#define TE_ROW_START_2 TE_ROW_MOVE("#1")

/* All outputs of one channel; one that is left over by the pairs is computed with the one before.
 */
#define TE_ROW_CHANNEL(pair, start, back, round_two, round_one)                                    \
    "ldr r3, " TE_ROW_AT(IS_LEFT) "\n\t"                                                           \
    "cmp r3, #0\n\t"                                                                               \
    "beq.w 2f\n\t"                                                                                 \
    TE_ROW_LEFT(round_one)                                                                         \
    start                                                                                          \
    "2:\n\t"                                                                                       \
    pair(round_two)                                                                                \
    "subs r8, r8, #0x10000\n\t"                                                                    \
    "bpl.w 2b\n\t"                                                                                 \
    "ldr r3, " TE_ROW_AT(IS_ODD) "\n\t"                                                            \
    "cmp r3, #0\n\t"                                                                               \
    "beq.w 3f\n\t"                                                                                 \
    TE_ROW_MOVE(back)                                                                              \
    "sub r12, r12, lr\n\t"                                                                         \
    pair(round_two)                                                                                \
    "3: ldr r3, " TE_ROW_AT(IS_RIGHT) "\n\t"                                                       \
    "cmp r3, #0\n\t"                                                                               \
    "beq.w 4f\n\t"                                                                                 \
    TE_ROW_RIGHT(round_one)                                                                        \
    "4:\n\t"

#define TE_ROW_TEN_1 "ssat r10, #8, r10, asr #10\n\t"
#define TE_ROW_TEN_2 TE_ROW_TEN_1 "ssat r11, #8, r11, asr #10\n\t"
#define TE_ROW_ANY_1                                                                               \
    "ldr r3, " TE_ROW_AT(BITS) "\n\t"                                                              \
    "asr r10, r10, r3\n\t"                                                                         \
    "ssat r10, #8, r10\n\t"
#define TE_ROW_ANY_2                                                                               \
    TE_ROW_ANY_1                                                                                   \
    "asr r11, r11, r3\n\t"                                                                         \
    "ssat r11, #8, r11\n\t"

/* All channels. */
#define TE_ROW_CHANNELS(pair, start, back)                                                         \
    "push {r4-r11, lr}\n\t"                                                                        \
    "sub sp, sp, #" TE_TEXT(TE_ROW_FRAME_NBYTES) "\n\t"                                            \
    "ldm r0!, {r1-r8}\n\t"                                                                         \
    "add r9, sp, #" TE_TEXT(TE_ROW_FRAME_ROWS) "\n\t"                                              \
    "stm r9!, {r1-r8}\n\t"                                                                         \
    "ldm r0, {r1-r7}\n\t"                                                                          \
    "stm r9, {r1-r7}\n\t"                                                                          \
    "1: ldr r3, " TE_ROW_AT(RECORD) "\n\t"                                                         \
    "ldm r3!, {r4-r8}\n\t"                                                                         \
    "ldm r3!, {r0-r2, r9-r11}\n\t"                                                                 \
    "stm sp, {r0-r2, r9-r11}\n\t"                                                                  \
    "str r3, " TE_ROW_AT(RECORD) "\n\t"                                                            \
    "ldr r3, " TE_ROW_AT(COUNT) "\n\t"                                                             \
    "orr r8, r8, r3\n\t"                                                                           \
    "mov r3, r11\n\t"                                                                              \
    "ldrd r12, lr, " TE_ROW_AT(OUT) "\n\t"                                                         \
    "add lr, lr, r12\n\t"                                                                          \
    "str lr, " TE_ROW_AT(OUT) "\n\t"                                                               \
    "ldr lr, " TE_ROW_AT(PIXEL_STEP) "\n\t"                                                        \
    "add r11, sp, #" TE_TEXT(TE_ROW_FRAME_ROWS) "\n\t"                                             \
    "ldm r11, {r0-r2, r9-r11}\n\t"                                                                 \
    "add r9, r9, r0\n\t"                                                                           \
    "add r10, r10, r1\n\t"                                                                         \
    "add r11, r11, r2\n\t"                                                                         \
    "strd r9, r10, " TE_ROW_AT(ROWS) "\n\t"                                                        \
    "str r11, " TE_ROW_AT(ROWS_2) "\n\t"                                                           \
    "cmp r3, #10\n\t"                                                                              \
    "bne.w 8f\n\t"                                                                                 \
    TE_ROW_CHANNEL(pair, start, back, TE_ROW_TEN_2, TE_ROW_TEN_1)                                  \
    "9: ldrd r3, r9, " TE_ROW_AT(RECORD) "\n\t"                                                    \
    "cmp r3, r9\n\t"                                                                               \
    "bne.w 1b\n\t"                                                                                 \
    "add sp, sp, #" TE_TEXT(TE_ROW_FRAME_NBYTES) "\n\t"                                            \
    "pop {r4-r11, pc}\n\t"                                                                         \
    "8:\n\t"                                                                                       \
    TE_ROW_CHANNEL(pair, start, back, TE_ROW_ANY_2, TE_ROW_ANY_1)                                  \
    "b.w 9b\n\t"

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

TE_NAKED static void te_depthwise_row_1(const te_depthwise_row *row __attribute__((unused)))
{
    __asm__ volatile(TE_ROW_CHANNELS(TE_ROW_PAIR_1, TE_ROW_START_1, "#-1"));
}

TE_NAKED static void te_depthwise_row_2(const te_depthwise_row *row __attribute__((unused)))
{
    __asm__ volatile(TE_ROW_CHANNELS(TE_ROW_PAIR_2, TE_ROW_START_2, "#-2"));
}

#pragma GCC diagnostic pop
/* clang-format on */

#else

/* The sum of the columns [first, last) of a window at `at`, which are inside the row. */
static inline int32_t te_depthwise_sum(const te_depthwise_row *row, const int32_t *record,
                                       int32_t channel, int32_t at, te_taps columns)
{
    int32_t sum = 0;
    TE_ASSUME(columns.first >= 0 && columns.last <= 3);
    for (int32_t kh = 0; kh < 3; kh++) {
        const int8_t *const x = row->rows[kh] + channel * row->row_steps[kh];
        const int32_t middle = kh == 1 ? te_high(record[3]) : te_low(record[3 + kh / 2]);
        const int32_t weights[3] = {te_low(record[kh]), middle, te_high(record[kh])};
        for (int32_t kw = columns.first; kw < columns.last; kw++) {
            sum += weights[kw] * x[at + kw];
        }
    }
    return sum;
}

static inline void te_depthwise_row_of(const te_depthwise_row *row)
{
    const int32_t inside = (row->count / 65536 + 1) * 2 + row->is_odd;
    const int32_t outputs = row->is_left + inside + row->is_right;
    int8_t *to = row->out;
    int32_t channel = 0;
    for (const int32_t *record = row->record; record != row->record_end;
         record += TE_ROW_RECORD_WORDS) {
        for (int32_t i = 0; i < outputs; i++) {
            const int32_t at = i * row->stride - row->is_left;
            const te_taps columns = te_clip_taps(at, 1, 3, row->in_w);
            const int32_t bias = record[at < 0 ? 8 : at + 3 <= row->in_w ? 7 : 9];
            const int32_t sum = bias + te_depthwise_sum(row, record, channel, at, columns);
            to[i * row->pixel_step] =
                (int8_t)te_saturate8(te_multiply_high(sum, record[5], record[6]) >> record[10]);
        }
        to += row->channel_step;
        channel++;
    }
}

static inline void te_depthwise_row_1(const te_depthwise_row *row)
{
    te_depthwise_row_of(row);
}

static inline void te_depthwise_row_2(const te_depthwise_row *row)
{
    te_depthwise_row_of(row);
}

#endif

/* Unpacks the record of a channel, whose bias is the one inside the row; gives the next one. */
static inline const int32_t *te_depthwise_unpack_row(const te_depthwise_conv2d_dsp_params *op,
                                                     const int32_t *packed, int32_t *to)
{
    const int32_t low = (int32_t)((uint32_t)op->in_zero_point & 0xffffU);
    const int32_t high = (int32_t)((uint32_t)op->in_zero_point << 16);
    const int32_t inside = te_depthwise_bias(packed);
    const int32_t left = packed[0] & 31;
    const int32_t top = te_depthwise_scaled(te_uxtb16(packed[1]), left);
    const int32_t middle = te_depthwise_scaled(te_uxtb16_ror8(packed[1]), left);
    const int32_t bottom = te_depthwise_scaled(te_uxtb16(packed[2]), left);
    to[0] = top;
    to[1] = middle;
    to[2] = bottom;
    to[3] = te_depthwise_scaled(te_uxtb16_ror8(packed[2]), left);
    to[4] = te_depthwise_scaled(te_uxtb16(packed[3]), left);
    to[5] = packed[4];
    to[6] = te_depthwise_offset(packed, op->out_zero_point, op->is_packed == 1);
    to[7] = inside;
    to[8] = te_smlad(top, low, te_smlad(middle, low, te_smlad(bottom, low, inside)));
    to[9] = te_smlad(top, high, te_smlad(middle, high, te_smlad(bottom, high, inside)));
    to[10] = te_depthwise_bits(packed);
    return packed + te_depthwise_packed_words(TE_ROW_PAIRS);
}

/* Unpacks a record to `to`, and gives the next one. */
typedef const int32_t *(*te_depthwise_unpack_of)(const te_depthwise_conv2d_dsp_params *op,
                                                 const int32_t *packed, int32_t *to);

/* Computes a row of which the records are packed, some channels at a time. */
static inline void te_depthwise_packed_row(const te_depthwise_conv2d_dsp_params *op,
                                           te_depthwise_row *row, int32_t *records,
                                           void (*products)(const te_depthwise_row *row),
                                           te_depthwise_unpack_of unpack)
{
    const int32_t *packed = op->weight;
    row->record = records;
    for (int32_t left = op->out_c; left > 0; left -= TE_ROW_UNPACKED) {
        const int32_t count = left < TE_ROW_UNPACKED ? left : TE_ROW_UNPACKED;
        int32_t *to = records;
        for (int32_t i = 0; i < count; i++) {
            packed = unpack(op, packed, to);
            to += TE_ROW_RECORD_WORDS;
        }
        row->record_end = to;
        products(row);
        for (int32_t kh = 0; kh < 3; kh++) {
            row->rows[kh] += count * row->row_steps[kh];
        }
        row->out += count * row->channel_step;
    }
}

/* The kernel for a horizontal stride, of which `products` computes rows. */
static inline void te_depthwise_rows(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch,
                                     int32_t stride, void (*products)(const te_depthwise_row *row),
                                     te_depthwise_unpack_of unpack)
{
    const int32_t is_right = (op->out_w - 1) * stride - op->pad_left + 3 > op->in_w;
    const int32_t inside = op->out_w - op->pad_left - is_right;
    int8_t *const zeros = scratch;
    int32_t *const records = (int32_t *)scratch + (op->in_w + 3) / 4;
    for (int32_t i = 0; i < op->in_w; i++) {
        zeros[i] = (int8_t)op->in_zero_point;
    }
    for (int32_t oh = first; oh < last; oh++) {
        int8_t *const to = te_dst_row(out, oh);
        te_depthwise_row row = {.record = op->weight,
                                .record_end = op->weight + op->out_c * TE_ROW_RECORD_WORDS,
                                .out = to,
                                .channel_step = op->channel_step,
                                .pixel_step = op->pixel_step,
                                .count = (inside / 2 - 1) * 65536,
                                .is_left = op->pad_left,
                                .is_odd = inside & 1,
                                .is_right = is_right,
                                .in_w = op->in_w,
                                .stride = stride};
        for (int32_t kh = 0; kh < 3; kh++) {
            const int32_t ih = oh * op->stride_h - op->pad_top + kh;
            const int32_t is_inside = ih >= 0 && ih < op->in_h;
            row.rows[kh] = is_inside ? te_src_row(in, ih) : zeros;
            row.row_steps[kh] = is_inside ? op->in_w : 0;
        }
        if (op->is_packed) {
            te_depthwise_packed_row(op, &row, records, products, unpack);
        } else {
            products(&row);
        }
        if (op->act_min > -128 || op->act_max < 127) {
            te_clamp_run(to, op->out_w * op->out_c, op->act_min, op->act_max);
        }
    }
}

#endif
