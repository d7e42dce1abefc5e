/* Depthwise convolution of int8 for the DSP extension, of images one pixel wide. */
#include "te_dsp.h"
#include "te_dsp_depthwise_conv2d.h"

/* Two rows of a window; rows outside the input are null. */
typedef struct {
    const int8_t *low;
    const int8_t *high;
} te_column_rows;

/* What stays the same for all channels of an output row. */
typedef struct {
    const te_depthwise_column_dsp_params *op;
    te_column_rows rows[TE_DEPTHWISE_ROWS / 2];
    int32_t first; /* the first pair of rows of which one is inside the input */
    int32_t last;
    int32_t centre; /* the pair of -zero_point */
    int32_t zeros;  /* four zero points */
} te_column_window;

/* Loads `count` channels, zero points where the row is outside the input. */
static inline int32_t te_column_load(const int8_t *row, int32_t oc, int32_t count, int32_t zeros)
{
    if (row == 0) {
        return zeros;
    }
    if (count == 4) {
        return te_load_s8x4(row + oc);
    }
    uint32_t quad = 0;
    for (int32_t i = 0; i < count; i++) {
        quad |= (uint32_t)(uint8_t)row[oc + i] << (8 * i);
    }
    return (int32_t)quad;
}

static inline int8_t te_column_round(int32_t sum, const int32_t *factors, int32_t is_signed)
{
    if (is_signed) {
        const int32_t scaled = te_multiply_high_rounded(sum, factors[0], factors[4]);
        return (int8_t)te_saturate8((scaled + (sum >> 31)) >> factors[8]);
    }
    return (int8_t)te_saturate8(te_multiply_high(sum, factors[0], factors[4]) >> factors[8]);
}

/* Computes `count` channels, at most four, from `oc` on. */
static inline void te_column_quad(const te_column_window *window, const int32_t *record, int32_t oc,
                                  int32_t count, int8_t *out)
{
    const te_depthwise_column_dsp_params *const op = window->op;
    const int32_t centre = window->centre;
    const int32_t *weight = record + 4 + 4 * window->first;
    int32_t a = record[0];
    int32_t b = record[1];
    int32_t c = record[2];
    int32_t d = record[3];
    for (int32_t i = window->first; i < window->last; i++) {
        const int32_t x = te_column_load(window->rows[i].low, oc, count, window->zeros);
        const int32_t y = te_column_load(window->rows[i].high, oc, count, window->zeros);
        const int32_t front = te_pack_low(x, y);
        const int32_t back = te_pack_high(x, y);
        a = te_smlad(te_sxtab16(centre, front), weight[0], a);
        b = te_smlad(te_sxtab16_ror8(centre, front), weight[1], b);
        c = te_smlad(te_sxtab16(centre, back), weight[2], c);
        d = te_smlad(te_sxtab16_ror8(centre, back), weight[3], d);
        weight += 4;
    }
    const int32_t *const factors = record + op->record_words - 12;
    const int32_t sums[4] = {a, b, c, d};
    for (int32_t i = 0; i < count; i++) {
        out[i] = te_column_round(sums[i], factors + i, op->is_signed);
    }
}

#if TE_HAS_DSP

/* What the assembly needs of a window that is inside the input; its members are read by their
 * places.
 */
typedef struct {
    const te_column_rows *rows;
    const te_column_rows *rows_end;
    int32_t oc; /* 0 */
    int32_t centre;
    const int32_t *record;
    int32_t oc_end; /* a multiple of four, not 0 */
    int8_t *out;
} te_column_block;

/* What stays on the stack. */
typedef struct {
    int32_t oc_end; /* loaded with the next */
    int8_t *out;
    const te_column_rows *rows;
} te_column_frame;

#define TE_COLUMN_FRAME_OC_END 0
#define TE_COLUMN_FRAME_ROWS 8
#define TE_COLUMN_FRAME_NBYTES 12
#define TE_COLUMN_AT(name) "[sp, #" TE_TEXT(TE_COLUMN_FRAME_##name) "]"

TE_HOLD(te_column_frame, oc_end, TE_COLUMN_FRAME_OC_END);
TE_HOLD(te_column_frame, out, TE_COLUMN_FRAME_OC_END + 4);
TE_HOLD(te_column_frame, rows, TE_COLUMN_FRAME_ROWS);
_Static_assert(sizeof(te_column_frame) == TE_COLUMN_FRAME_NBYTES, "assembly takes the frame off");
TE_HOLD(te_column_block, oc, 8);
TE_HOLD(te_column_block, record, 16);
TE_HOLD(te_column_block, out, 24);

/* clang-format off */
/* All channels up to oc_end. r0-r3 sums; r4 rows; r5-r7 quads and halves of two; r8 rows_end;
 * r9 oc; r10, r11 weights of two channels; r12 record; lr centre; the rest is in the frame.
 */
#define TE_COLUMN_QUADS(scale, correct)                                                            \
    "push {r4-r11, lr}\n\t"                                                                        \
    "ldm r0, {r4-r10}\n\t"                                                                         \
    "push {r4}\n\t"                                                                                \
    "push {r9, r10}\n\t"                                                                           \
    "mov r12, r8\n\t"                                                                              \
    "mov lr, r7\n\t"                                                                               \
    "mov r9, r6\n\t"                                                                               \
    "mov r8, r5\n\t"                                                                               \
    "1: ldr r4, " TE_COLUMN_AT(ROWS) "\n\t"                                                        \
    "ldm r12!, {r0-r3}\n\t"                                                                        \
    "2: ldrd r5, r6, [r4], #8\n\t"                                                                 \
    "ldr r5, [r5, r9]\n\t"                                                                         \
    "ldr r6, [r6, r9]\n\t"                                                                         \
    "ldrd r10, r11, [r12], #8\n\t"                                                                 \
    "pkhbt r7, r5, r6, lsl #16\n\t"                                                                \
    "pkhtb r6, r6, r5, asr #16\n\t"                                                                \
    "sxtab16 r5, lr, r7\n\t"                                                                       \
    "sxtab16 r7, lr, r7, ror #8\n\t"                                                               \
    "smlad r0, r5, r10, r0\n\t"                                                                    \
    "smlad r1, r7, r11, r1\n\t"                                                                    \
    "ldrd r10, r11, [r12], #8\n\t"                                                                 \
    "sxtab16 r5, lr, r6\n\t"                                                                       \
    "sxtab16 r6, lr, r6, ror #8\n\t"                                                               \
    "cmp r4, r8\n\t"                                                                               \
    "smlad r2, r5, r10, r2\n\t"                                                                    \
    "smlad r3, r6, r11, r3\n\t"                                                                    \
    "bne 2b\n\t"                                                                                   \
    "ldm r12!, {r4-r7}\n\t"                                                                        \
    "ldrd r10, r11, [r12], #8\n\t" scale " r4, r0, r4, r10\n\t" scale " r5, r1, r5, r11\n\t"       \
    "ldrd r10, r11, [r12], #8\n\t" scale " r6, r2, r6, r10\n\t" scale                              \
    " r7, r3, r7, r11\n\t" correct "ldm r12!, {r0-r3}\n\t"                                         \
    "asr r4, r4, r0\n\t"                                                                           \
    "asr r5, r5, r1\n\t"                                                                           \
    "asr r6, r6, r2\n\t"                                                                           \
    "asr r7, r7, r3\n\t"                                                                           \
    "ldrd r10, r11, " TE_COLUMN_AT(OC_END) "\n\t"                                                  \
    "ssat r4, #8, r4\n\t"                                                                          \
    "ssat r5, #8, r5\n\t"                                                                          \
    "ssat r6, #8, r6\n\t"                                                                          \
    "ssat r7, #8, r7\n\t"                                                                          \
    "add r11, r11, r9\n\t"                                                                         \
    "add r9, r9, #4\n\t"                                                                           \
    "strb r4, [r11]\n\t"                                                                           \
    "strb r5, [r11, #1]\n\t"                                                                       \
    "strb r6, [r11, #2]\n\t"                                                                       \
    "strb r7, [r11, #3]\n\t"                                                                       \
    "cmp r9, r10\n\t"                                                                              \
    "bne 1b\n\t"                                                                                   \
    "add sp, sp, #" TE_TEXT(TE_COLUMN_FRAME_NBYTES) "\n\t"                                         \
    "pop {r4-r11, pc}\n\t"
/* clang-format on */

TE_NAKED static void te_column_quads_up(const te_column_block *block __attribute__((unused)))
{
    __asm__ volatile(TE_COLUMN_QUADS("smmla", ""));
}

TE_NAKED static void te_column_quads_signed(const te_column_block *block __attribute__((unused)))
{
    __asm__ volatile(TE_COLUMN_QUADS("smmlar", "add r4, r4, r0, asr #31\n\t"
                                               "add r5, r5, r1, asr #31\n\t"
                                               "add r6, r6, r2, asr #31\n\t"
                                               "add r7, r7, r3, asr #31\n\t"));
}

/* Computes the channels that come in fours where the whole window is inside the input; gives how
 * many.
 */
static int32_t te_column_quads(te_column_window *window, int32_t ih, int8_t *out)
{
    const te_depthwise_column_dsp_params *const op = window->op;
    const int32_t pairs = (op->kernel_h + 1) / 2;
    if (ih < 0 || ih + op->kernel_h > op->in_h || op->channels < 4) {
        return 0;
    }
    if (op->kernel_h & 1) { /* its weight is 0 */
        window->rows[pairs - 1].high = window->rows[pairs - 1].low;
    }
    const te_column_block block = {.rows = window->rows,
                                   .rows_end = window->rows + pairs,
                                   .oc = 0,
                                   .centre = window->centre,
                                   .record = op->weight,
                                   .oc_end = op->channels & ~3,
                                   .out = out};
    op->is_signed ? te_column_quads_signed(&block) : te_column_quads_up(&block);
    return block.oc_end;
}

#else

/* All channels are computed as the assembly leaves them to be. */
static int32_t te_column_quads(te_column_window *window, int32_t ih, int8_t *out)
{
    (void)window;
    (void)ih;
    (void)out;
    return 0;
}

#endif

/* Finds the rows of the window at `ih`. */
static void te_column_find_rows(te_column_window *window, te_src in, int32_t ih)
{
    const te_depthwise_column_dsp_params *const op = window->op;
    window->first = 0;
    window->last = 0;
    for (int32_t kh = 0; kh < op->kernel_h; kh += 2) {
        const int32_t at = ih + kh;
        const int32_t is_low = at >= 0 && at < op->in_h;
        const int32_t is_high = kh + 1 < op->kernel_h && at + 1 >= 0 && at + 1 < op->in_h;
        window->rows[kh / 2].low = is_low ? te_src_row(in, at) : 0;
        window->rows[kh / 2].high = is_high ? te_src_row(in, at + 1) : 0;
        if (is_low || is_high) {
            window->first = window->last == 0 ? kh / 2 : window->first;
            window->last = kh / 2 + 1;
        }
    }
}

TE_SHARED void te_depthwise_conv2d_s8_dsp_column(const te_depthwise_column_dsp_params *op,
                                                 te_src in, te_dst out, int32_t first, int32_t last)
{
    te_column_window window;
    window.op = op;
    window.centre = (int32_t)(((uint32_t)-op->in_zero_point & 0xffffU) * 0x10001U);
    window.zeros = (int32_t)(((uint32_t)op->in_zero_point & 0xffU) * 0x01010101U);
    for (int32_t oh = first; oh < last; oh++) {
        int8_t *const to = te_dst_row(out, oh);
        const int32_t ih = oh * op->stride_h - op->pad_top;
        te_column_find_rows(&window, in, ih);
        int32_t oc = te_column_quads(&window, ih, to);
        const int32_t *record = op->weight + oc / 4 * op->record_words;
        for (; oc + 4 <= op->channels; oc += 4) {
            te_column_quad(&window, record, oc, 4, to + oc);
            record += op->record_words;
        }
        if (oc < op->channels) {
            te_column_quad(&window, record, oc, op->channels - oc, to + oc);
        }
        if (op->act_min > -128 || op->act_max < 127) {
            te_clamp_run(to, op->channels, op->act_min, op->act_max);
        }
    }
}
