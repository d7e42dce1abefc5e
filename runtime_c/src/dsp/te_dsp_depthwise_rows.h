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
    const int32_t *record;
    const int32_t *record_end;
    int32_t row_steps[3]; /* bytes from where the outputs before the right pair leave the rows */
    int32_t out_step;     /* and the output to their next channel */
    int32_t plan;         /* TE_ROW_HAS_LEFT to TE_ROW_HAS_RIGHT, TE_ROW_TWO times inner pairs */
    int32_t pixel_step;
    const int8_t *rows[3]; /* of the window, at their first channel */
    int8_t *out;
    int32_t in_w; /* only the portable twin reads what follows */
    int32_t out_w;
    int32_t stride;
    int32_t pad_left;
    int32_t moved; /* columns from the start of a row to where the outputs leave it */
} te_depthwise_row;

/* What a row's outputs are computed by. */
enum {
    TE_ROW_HAS_LEFT = 1 << 16,  /* first a pair of which the first window starts before the row */
    TE_ROW_HAS_ONE = 1 << 17,   /* then one output */
    TE_ROW_HAS_RIGHT = 1 << 18, /* last a pair of which the last window ends behind the row */
    TE_ROW_TWO = 1 << 19,       /* between them pairs, the inner ones */
};

/* Words of a record: (w0, w2) of each row; (w1 of row 0, w1 of row 1); w1 of row 2 and 0;
 * multiplier; offset; bias inside the row, at its right end, at its left end; bits.
 */
enum { TE_ROW_RECORD_WORDS = 11, TE_ROW_PAIRS = 5, TE_ROW_UNPACKED = 8 };

#if TE_HAS_DSP

/* The frame: the row as it was given, up to pixel_step, then what is of the channel. */
#define TE_ROW_FRAME_RECORD 0
#define TE_ROW_FRAME_PIXEL_STEP 28
#define TE_ROW_FRAME_MULTIPLIER 32
#define TE_ROW_FRAME_OFFSET 36
#define TE_ROW_FRAME_BIAS 40
#define TE_ROW_FRAME_RIGHT_BIAS 44
#define TE_ROW_FRAME_BITS 48
#define TE_ROW_FRAME_NBYTES 52
#define TE_ROW_AT(name) "[sp, #" TE_TEXT(TE_ROW_FRAME_##name) "]"

TE_HOLD(te_depthwise_row, record, TE_ROW_FRAME_RECORD);
TE_HOLD(te_depthwise_row, record_end, 4);
TE_HOLD(te_depthwise_row, row_steps, 8);
TE_HOLD(te_depthwise_row, out_step, 20);
TE_HOLD(te_depthwise_row, plan, 24);
TE_HOLD(te_depthwise_row, pixel_step, TE_ROW_FRAME_PIXEL_STEP);
TE_HOLD(te_depthwise_row, rows, 32);
TE_HOLD(te_depthwise_row, out, 44);

#include "te_dsp_depthwise_rows_outputs.h"

/* clang-format off */
/* Registers: r0-r2 the rows' next columns; r3, r9 elements; r4-r8 weights, with the plan in the
 * high half of r8; r10, r11 sums; r12 out; lr pixel_step; the rest is in the frame: the row as it
 * was given, up to pixel_step, and multiplier, offset, biases and bits of the channel.
 *
 * All outputs of one channel; r10 is its left bias, r11 the bias inside the row.
 */
#define TE_ROW_CHANNEL(left, one, inner, right, round_two, round_one)                              \
    "tst r8, #0x10000\n\t"                                                                         \
    "beq.w 2f\n\t"                                                                                 \
    left(round_two)                                                                                \
    "2: tst r8, #0x20000\n\t"                                                                      \
    "beq.w 3f\n\t"                                                                                 \
    one(round_one)                                                                                 \
    "3:\n\t"                                                                                       \
    inner                                                                                          \
    "6: tst r8, #0x40000\n\t"                                                                      \
    "beq.w 7f\n\t"                                                                                 \
    right(round_two)                                                                               \
    "7:\n\t"

/* All inner pairs, two at a time; one at a time. */
#define TE_ROW_FOURS(pair, round)                                                                  \
    "tst r8, #0x80000\n\t"                                                                         \
    "beq.w 4f\n\t"                                                                                 \
    pair(round)                                                                                    \
    "4: subs r8, r8, #0x100000\n\t"                                                                \
    "bmi.w 6f\n\t"                                                                                 \
    "5:\n\t"                                                                                       \
    pair(round)                                                                                    \
    pair(round)                                                                                    \
    "subs r8, r8, #0x100000\n\t"                                                                   \
    "bpl.w 5b\n\t"
#define TE_ROW_TWOS(pair, round)                                                                   \
    "subs r8, r8, #0x80000\n\t"                                                                    \
    "bmi.w 6f\n\t"                                                                                 \
    "5:\n\t"                                                                                       \
    pair(round)                                                                                    \
    "subs r8, r8, #0x80000\n\t"                                                                    \
    "bpl.w 5b\n\t"

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

/* All channels; `tens` are the outputs of one with 10 bits, the others those of one with any. */
#define TE_ROW_CHANNELS(tens, left, one, pair, right)                                              \
    "push {r4-r11, lr}\n\t"                                                                        \
    "sub sp, sp, #" TE_TEXT(TE_ROW_FRAME_NBYTES) "\n\t"                                            \
    "ldm r0!, {r1-r8}\n\t"                                                                         \
    "stm sp, {r1-r8}\n\t"                                                                          \
    "mov r3, r1\n\t"                                                                               \
    "mov r10, r7\n\t"                                                                              \
    "ldm r0, {r0-r2, r12}\n\t"                                                                     \
    "1: ldm r3!, {r4-r8}\n\t"                                                                      \
    "orr r8, r8, r10\n\t"                                                                          \
    "ldm r3!, {r9-r11, lr}\n\t"                                                                    \
    "strd r9, r10, " TE_ROW_AT(MULTIPLIER) "\n\t"                                                  \
    "strd r11, lr, " TE_ROW_AT(BIAS) "\n\t"                                                        \
    "ldr r9, [r3, #4]\n\t"                                                                         \
    "ldr lr, " TE_ROW_AT(PIXEL_STEP) "\n\t"                                                        \
    "ldr r10, [r3], #8\n\t"                                                                        \
    "str r3, " TE_ROW_AT(RECORD) "\n\t"                                                            \
    "cmp r9, #10\n\t"                                                                              \
    "bne.w 8f\n\t"                                                                                 \
    tens                                                                                           \
    "9: ldm sp, {r3-r7, r9, r10}\n\t"                                                              \
    "add r0, r0, r5\n\t"                                                                           \
    "add r1, r1, r6\n\t"                                                                           \
    "add r2, r2, r7\n\t"                                                                           \
    "add r12, r12, r9\n\t"                                                                         \
    "cmp r3, r4\n\t"                                                                               \
    "bne.w 1b\n\t"                                                                                 \
    "add sp, sp, #" TE_TEXT(TE_ROW_FRAME_NBYTES) "\n\t"                                            \
    "pop {r4-r11, pc}\n\t"                                                                         \
    "8: str r9, " TE_ROW_AT(BITS) "\n\t"                                                           \
    TE_ROW_CHANNEL(left, one, TE_ROW_TWOS(pair, TE_ROW_ANY_2), right, TE_ROW_ANY_2, TE_ROW_ANY_1)  \
    "b.w 9b\n\t"

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

TE_NAKED static void te_depthwise_row_1(const te_depthwise_row *row __attribute__((unused)))
{
    __asm__ volatile(TE_ROW_CHANNELS(TE_ROW_TENS_1, TE_ROW_LEFT_1, TE_ROW_ONE_1, TE_ROW_PAIR_1,
                                     TE_ROW_RIGHT_1));
}

TE_NAKED static void te_depthwise_row_2(const te_depthwise_row *row __attribute__((unused)))
{
    __asm__ volatile(TE_ROW_CHANNELS(TE_ROW_TENS_2, TE_ROW_LEFT_2, TE_ROW_ONE_2, TE_ROW_PAIR_2,
                                     TE_ROW_RIGHT_2));
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
        const int8_t *const x = row->rows[kh] + channel * (row->moved + row->row_steps[kh]);
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
    const int32_t stored = row->out_w - ((row->plan & TE_ROW_HAS_RIGHT) != 0 ? 2 : 0);
    int8_t *to = row->out;
    int32_t channel = 0;
    for (const int32_t *record = row->record; record != row->record_end;
         record += TE_ROW_RECORD_WORDS) {
        for (int32_t i = 0; i < row->out_w; i++) {
            const int32_t at = i * row->stride - row->pad_left;
            const te_taps columns = te_clip_taps(at, 1, 3, row->in_w);
            const int32_t bias = record[at < 0 ? 9 : at + 3 <= row->in_w ? 7 : 8];
            const int32_t sum = bias + te_depthwise_sum(row, record, channel, at, columns);
            to[i * row->pixel_step] =
                (int8_t)te_saturate8(te_multiply_high(sum, record[5], record[6]) >> record[10]);
        }
        to += stored * row->pixel_step + row->out_step;
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
    const int32_t words[] = {packed[0], packed[1], packed[2], packed[3], packed[4]};
    const int32_t inside = te_depthwise_bias(words);
    const int32_t left = words[0] & 31;
    const int32_t top = te_depthwise_scaled(te_uxtb16(words[1]), left);
    const int32_t middle = te_depthwise_scaled(te_uxtb16_ror8(words[1]), left);
    const int32_t bottom = te_depthwise_scaled(te_uxtb16(words[2]), left);
    to[0] = top;
    to[1] = middle;
    to[2] = bottom;
    to[3] = te_depthwise_scaled(te_uxtb16_ror8(words[2]), left);
    to[4] = te_depthwise_scaled(te_uxtb16(words[3]), left);
    to[5] = words[4];
    to[6] = te_depthwise_offset(words, op->out_zero_point, op->is_packed == 1);
    to[7] = inside;
    to[8] = te_smlad(top, high, te_smlad(middle, high, te_smlad(bottom, high, inside)));
    to[9] = te_smlad(top, low, te_smlad(middle, low, te_smlad(bottom, low, inside)));
    to[10] = te_depthwise_bits(words);
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
            row->rows[kh] += count * (row->moved + row->row_steps[kh]);
        }
        row->out += count * op->channel_step;
    }
}

/* What every row has in common: how its outputs are computed, and where they leave it. */
static inline te_depthwise_row te_depthwise_plan(const te_depthwise_conv2d_dsp_params *op,
                                                 int32_t stride)
{
    const int32_t is_left = op->pad_left != 0;
    const int32_t is_right = (op->out_w - 1) * stride - op->pad_left + 3 > op->in_w;
    const int32_t inner = op->out_w - 2 * is_left - 2 * is_right;
    const int32_t flags = (is_left ? TE_ROW_HAS_LEFT : 0) | (inner & 1 ? TE_ROW_HAS_ONE : 0) |
                          (is_right ? TE_ROW_HAS_RIGHT : 0);
    const int32_t stored = op->out_w - 2 * is_right;
    const te_depthwise_row row = {
        .record = op->weight,
        .record_end = op->weight + op->out_c * TE_ROW_RECORD_WORDS,
        .out_step = op->channel_step - stored * op->pixel_step,
        .plan = inner / 2 * TE_ROW_TWO + flags,
        .pixel_step = op->pixel_step,
        .in_w = op->in_w,
        .out_w = op->out_w,
        .stride = stride,
        .pad_left = op->pad_left,
        .moved = stored * stride - is_left,
    };
    return row;
}

/* The kernel for a horizontal stride, of which `products` computes rows. */
static inline void te_depthwise_rows(const te_depthwise_conv2d_dsp_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last, void *scratch,
                                     int32_t stride, void (*products)(const te_depthwise_row *row),
                                     te_depthwise_unpack_of unpack)
{
    int8_t *const zeros = scratch;
    int32_t *const records = (int32_t *)scratch + (op->in_w + 3) / 4;
    te_depthwise_row row = te_depthwise_plan(op, stride);
    for (int32_t i = 0; i < op->in_w; i++) {
        zeros[i] = (int8_t)op->in_zero_point;
    }
    for (int32_t oh = first; oh < last; oh++) {
        int8_t *const to = te_dst_row(out, oh);
        row.out = to;
        for (int32_t kh = 0; kh < 3; kh++) {
            const int32_t ih = oh * op->stride_h - op->pad_top + kh;
            const int32_t is_inside = ih >= 0 && ih < op->in_h;
            row.rows[kh] = is_inside ? te_src_row(in, ih) : zeros;
            row.row_steps[kh] = (is_inside ? op->in_w : 0) - row.moved;
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
