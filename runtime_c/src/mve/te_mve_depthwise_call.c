/* Depthwise convolution for MVE: finds the kernel rows of an output row, and expands their columns. */
#include "te_mve_depthwise_call.h"
#include "te_requantize.h"
#include "te_window.h"

#if TE_HAS_MVE

/* Where assembly finds members, some together with the next one; `from` and `step` are the first
 * eight registers, and `next` is added to `from`.
 */
#define TE_MVE_ROWS_TO 32
#define TE_MVE_ROWS_COLUMNS 40
#define TE_MVE_ROWS_NEXT 48
#define TE_MVE_ROWS_AT(rows, name) "[" rows ", #" TE_TEXT(TE_MVE_ROWS_##name) "]"

TE_HOLD(te_mve_depthwise_rows, from, 0);
TE_HOLD(te_mve_depthwise_rows, step, 16);
TE_HOLD(te_mve_depthwise_rows, to, TE_MVE_ROWS_TO);
TE_HOLD(te_mve_depthwise_rows, to_step, TE_MVE_ROWS_TO + 4);
TE_HOLD(te_mve_depthwise_rows, columns, TE_MVE_ROWS_COLUMNS);
TE_HOLD(te_mve_depthwise_rows, lanes, TE_MVE_ROWS_COLUMNS + 4);
TE_HOLD(te_mve_depthwise_rows, next, TE_MVE_ROWS_NEXT);

/* clang-format off */
/* Four stores interleave q0 to q3 byte by byte. Where there are less than four rows, the bytes of
 * the others are anything: their weights are 0.
 */
#define TE_MVE_DEPTHWISE_EXPAND(loads, steps)                                                      \
    __asm__("push {r0, r4-r10, lr}\n\t"                                                            \
            "ldrd r8, r9, " TE_MVE_ROWS_AT("r0", TO) "\n\t"                                        \
            "ldrd r10, r12, " TE_MVE_ROWS_AT("r0", COLUMNS) "\n\t"                                 \
            "ldm r0, {r0-r7}\n\t"                                                                  \
            "vctp.8 r12\n\t"                                                                       \
            "dls lr, r10\n"                                                                        \
            "1:\n\t"                                                                               \
            loads                                                                                  \
            steps                                                                                  \
            "vst40.8 {q0, q1, q2, q3}, [r8]\n\t"                                                   \
            "vst41.8 {q0, q1, q2, q3}, [r8]\n\t"                                                   \
            "vst42.8 {q0, q1, q2, q3}, [r8]\n\t"                                                   \
            "vst43.8 {q0, q1, q2, q3}, [r8]\n\t"                                                   \
            "add r8, r8, r9\n\t"                                                                   \
            "le lr, 1b\n\t"                                                                        \
            "pop {r0, r4-r10, lr}\n\t"                                                             \
            "vldrw.32 q0, [r0]\n\t"                                                                \
            "vldrw.32 q1, " TE_MVE_ROWS_AT("r0", NEXT) "\n\t"                                      \
            "vadd.i32 q0, q0, q1\n\t"                                                              \
            "vstrw.32 q0, [r0]\n\t"                                                                \
            "bx lr\n\t")

TE_SHARED TE_NAKED void
te_mve_depthwise_expand_1(te_mve_depthwise_rows *rows __attribute__((unused)))
{
    TE_MVE_DEPTHWISE_EXPAND("vpst\n\t"
                            "vldrbt.8 q0, [r0]\n\t",
                            "add r0, r0, r4\n\t");
}

TE_SHARED TE_NAKED void
te_mve_depthwise_expand_2(te_mve_depthwise_rows *rows __attribute__((unused)))
{
    TE_MVE_DEPTHWISE_EXPAND("vpstt\n\t"
                            "vldrbt.8 q0, [r0]\n\t"
                            "vldrbt.8 q1, [r1]\n\t",
                            "add r0, r0, r4\n\t"
                            "add r1, r1, r5\n\t");
}

TE_SHARED TE_NAKED void
te_mve_depthwise_expand_3(te_mve_depthwise_rows *rows __attribute__((unused)))
{
    TE_MVE_DEPTHWISE_EXPAND("vpsttt\n\t"
                            "vldrbt.8 q0, [r0]\n\t"
                            "vldrbt.8 q1, [r1]\n\t"
                            "vldrbt.8 q2, [r2]\n\t",
                            "add r0, r0, r4\n\t"
                            "add r1, r1, r5\n\t"
                            "add r2, r2, r6\n\t");
}

TE_SHARED TE_NAKED void
te_mve_depthwise_expand_4(te_mve_depthwise_rows *rows __attribute__((unused)))
{
    TE_MVE_DEPTHWISE_EXPAND("vpstttt\n\t"
                            "vldrbt.8 q0, [r0]\n\t"
                            "vldrbt.8 q1, [r1]\n\t"
                            "vldrbt.8 q2, [r2]\n\t"
                            "vldrbt.8 q3, [r3]\n\t",
                            "add r0, r0, r4\n\t"
                            "add r1, r1, r5\n\t"
                            "add r2, r2, r6\n\t"
                            "add r3, r3, r7\n\t");
}
/* clang-format on */

#else

static void te_mve_depthwise_expand(te_mve_depthwise_rows *rows, int32_t count)
{
    for (int32_t column = 0; column < rows->columns; column++) {
        int8_t *const to = rows->to + column * rows->to_step;
        __builtin_memset(to, 0, TE_MVE_WORDS_NBYTES);
        for (int32_t i = 0; i < count; i++) {
            const int8_t *const from = rows->from[i] + column * rows->step[i];
            for (int32_t lane = 0; lane < rows->lanes; lane++) {
                to[4 * lane + i] = from[lane];
            }
        }
    }
    for (int32_t i = 0; i < 4; i++) {
        rows->from[i] += rows->next[i];
    }
}

TE_SHARED void te_mve_depthwise_expand_1(te_mve_depthwise_rows *rows)
{
    te_mve_depthwise_expand(rows, 1);
}

TE_SHARED void te_mve_depthwise_expand_2(te_mve_depthwise_rows *rows)
{
    te_mve_depthwise_expand(rows, 2);
}

TE_SHARED void te_mve_depthwise_expand_3(te_mve_depthwise_rows *rows)
{
    te_mve_depthwise_expand(rows, 3);
}

TE_SHARED void te_mve_depthwise_expand_4(te_mve_depthwise_rows *rows)
{
    te_mve_depthwise_expand(rows, 4);
}

#endif

/* Begins a call: `columns` are behind `padding`. */
TE_SHARED void te_mve_depthwise_begin(te_mve_depthwise_call *call,
                                      const te_depthwise_conv2d_mve_params *op, te_src in,
                                      int8_t *padding)
{
    call->op = op;
    call->in = in;
    call->planes = (op->kernel_h + 3) / 4;
    call->first = 0;
    call->padding = padding;
    call->columns = padding + TE_MVE_LANES;
    te_mve_fill(padding, op->in_zero_point, TE_MVE_LANES);
}

/* Finds `height` rows of the input from the first kernel row of output row `oh` on. */
TE_SHARED void te_mve_depthwise_find(te_mve_depthwise_call *call, int32_t oh, int32_t height)
{
    const te_depthwise_conv2d_mve_params *const op = call->op;
    const int32_t ih = oh * op->stride_h - op->pad_top;
    const te_taps taps = te_clip_taps(ih, op->dilation_h, height, op->in_h);
    te_row_walk walk = te_walk_rows(call->in, ih + taps.first * op->dilation_h, op->dilation_h);
    for (int32_t kh = 0; kh < 4 * call->planes; kh++) {
        call->is_inside[kh] = kh >= taps.first && kh < taps.last;
        call->from[kh] = call->padding;
        if (call->is_inside[kh] != 0) {
            call->from[kh] = (const int8_t *)call->in.base + walk.offset;
            te_walk_on(&walk);
        }
    }
}

/* Prepares the expansion of one word of every column from `iw` on, `columns` of them. */
static inline void te_mve_depthwise_prepare(const te_mve_depthwise_call *call, int32_t plane,
                                            int32_t iw, int32_t columns, int8_t *to,
                                            te_mve_depthwise_rows *rows)
{
    for (int32_t i = 0; i < 4; i++) {
        const int32_t is_inside = call->is_inside[4 * plane + i];
        const int32_t step = is_inside != 0 ? call->op->channels : 0;
        rows->from[i] = call->from[4 * plane + i] + iw * step + (is_inside != 0 ? call->first : 0);
        rows->step[i] = step;
        rows->next[i] = is_inside != 0 ? TE_MVE_LANES : 0;
    }
    rows->to = to + plane * TE_MVE_WORDS_NBYTES;
    rows->to_step = call->planes * TE_MVE_WORDS_NBYTES;
    rows->columns = columns;
}

/* Prepares the expansion of `count` columns from column `iw` on to `columns`, and fills those outside
 * the input. Gives how many are inside.
 */
TE_SHARED int32_t te_mve_depthwise_columns(const te_mve_depthwise_call *call, int32_t iw,
                                           int32_t count, int8_t *columns,
                                           te_mve_depthwise_rows *rows)
{
    const te_depthwise_conv2d_mve_params *const op = call->op;
    const int32_t column_nbytes = call->planes * TE_MVE_WORDS_NBYTES;
    const int32_t left = te_clamp(-iw, 0, count);
    const int32_t right = te_clamp(iw + count - op->in_w, 0, count - left);
    const int32_t inside = count - left - right;
    int8_t *const to = columns + left * column_nbytes;
    if (left > 0) {
        te_mve_fill(columns, op->in_zero_point, left * column_nbytes);
    }
    if (right > 0) {
        te_mve_fill(to + inside * column_nbytes, op->in_zero_point, right * column_nbytes);
    }
    for (int32_t plane = 0; plane < call->planes && inside > 0; plane++) {
        te_mve_depthwise_prepare(call, plane, iw + left, inside, to, &rows[plane]);
    }
    return inside;
}
