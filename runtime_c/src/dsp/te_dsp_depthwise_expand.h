/* Expansion of int8 rows to the int16 lines that depthwise kernels read. */
#ifndef TE_DSP_DEPTHWISE_EXPAND_H
#define TE_DSP_DEPTHWISE_EXPAND_H

#include "te_dsp.h"

/* Two places of the input at a time, of four channels, to pairs in four lanes: te_expand_both, or
 * te_expand_low and te_expand_high where the other is outside the input and its end points to four
 * zero points. There must be a quad. Assembly reads the members by their places.
 */
typedef struct {
    const int8_t *low_end; /* behind the last quad of the low halves */
    const int8_t *high_end;
    int32_t start;  /* bytes from there to the first quad */
    int32_t step;   /* bytes from one quad to the next */
    int32_t centre; /* the pair of -zero_point */
    int32_t *lanes[4];
} te_expand_quads;

#if TE_HAS_DSP

#define TE_EXPAND_HIGH_END 4
TE_HOLD(te_expand_quads, low_end, 0);
TE_HOLD(te_expand_quads, high_end, TE_EXPAND_HIGH_END);
TE_HOLD(te_expand_quads, centre, 16);
TE_HOLD(te_expand_quads, lanes[3], 32);

/* clang-format off */
/* Four pairs of the quads x and y, of which `front` and `back` become the halves; between them
 * `next` loads the quads after those.
 */
#define TE_EXPAND_PAIRS(x, y, front, back, next)                                                   \
    "pkhbt " front ", " x ", " y ", lsl #16\n\t"                                                   \
    "pkhtb " back ", " y ", " x ", asr #16\n\t" next                                               \
    "sxtab16 lr, r4, " front "\n\t"                                                                \
    "sxtab16 " front ", r4, " front ", ror #8\n\t"                                                 \
    "str lr, [r5], #4\n\t"                                                                         \
    "sxtab16 lr, r4, " back "\n\t"                                                                 \
    "str " front ", [r6], #4\n\t"                                                                  \
    "sxtab16 " back ", r4, " back ", ror #8\n\t"                                                   \
    "str lr, [r7], #4\n\t"                                                                         \
    "str " back ", [r8], #4\n\t"

/* Expands, and goes four channels on. r9, r10 and r12 are two quads and a half of both, r11 the
 * other; where a row is outside the input, r12 is a quad of zero points in its place.
 */
#define TE_EXPAND_QUADS(outside, load, x, y, back)                                                 \
    "push {r0, r4-r11, lr}\n\t"                                                                    \
    "ldm r0, {r0-r8}\n\t" outside load "adds r2, r2, r3\n\t"                                       \
    "beq 2f\n\t"                                                                                   \
    "1:\n\t"                                                                                       \
    TE_EXPAND_PAIRS(x, y, "r11", back, load)                                                       \
    "adds r2, r2, r3\n\t"                                                                          \
    "bne 1b\n\t"                                                                                   \
    "2:\n\t"                                                                                       \
    TE_EXPAND_PAIRS(x, y, "r11", back, "")                                                         \
    "pop {r2}\n\t"

TE_NAKED static void te_expand_both(te_expand_quads *quads __attribute__((unused)))
{
    __asm__ volatile(TE_EXPAND_QUADS("", "ldr r9, [r0, r2]\n\t" "ldr r10, [r1, r2]\n\t", "r9",
                                     "r10", "r12") "adds r0, r0, #4\n\t"
                     "adds r1, r1, #4\n\t"
                     "strd r0, r1, [r2]\n\t"
                     "pop {r4-r11, pc}\n\t");
}

TE_NAKED static void te_expand_low(te_expand_quads *quads __attribute__((unused)))
{
    __asm__ volatile(TE_EXPAND_QUADS("ldr r12, [r1]\n\t", "ldr r9, [r0, r2]\n\t", "r9", "r12",
                                     "r10") "adds r0, r0, #4\n\t"
                     "str r0, [r2]\n\t"
                     "pop {r4-r11, pc}\n\t");
}

TE_NAKED static void te_expand_high(te_expand_quads *quads __attribute__((unused)))
{
    __asm__ volatile(TE_EXPAND_QUADS("ldr r12, [r0]\n\t", "ldr r9, [r1, r2]\n\t", "r12", "r9",
                                     "r10") "adds r1, r1, #4\n\t"
                     "str r1, [r2, #" TE_TEXT(TE_EXPAND_HIGH_END) "]\n\t"
                     "pop {r4-r11, pc}\n\t");
}
/* clang-format on */

/* Expands `count` columns, a multiple of four and not 0, of two rows of one channel to pairs. */
TE_NAKED static void te_expand_4_columns(const int8_t *low __attribute__((unused)),
                                         const int8_t *high __attribute__((unused)),
                                         int32_t *line __attribute__((unused)),
                                         int32_t count __attribute__((unused)),
                                         int32_t centre __attribute__((unused)))
{
    __asm__ volatile("push {r4-r8, lr}\n\t"
                     "ldr r12, [sp, #24]\n\t"
                     "1: ldr r4, [r0], #4\n\t"
                     "ldr r5, [r1], #4\n\t"
                     "subs r3, r3, #4\n\t"
                     "pkhbt r6, r4, r5, lsl #16\n\t"
                     "pkhtb r8, r5, r4, asr #16\n\t"
                     "sxtab16 r5, r12, r6\n\t"
                     "sxtab16 r6, r12, r6, ror #8\n\t"
                     "sxtab16 r7, r12, r8\n\t"
                     "sxtab16 r8, r12, r8, ror #8\n\t"
                     "stm r2!, {r5-r8}\n\t"
                     "bne 1b\n\t"
                     "pop {r4-r8, pc}\n\t");
}

#else

static inline void te_expand_of(te_expand_quads *quads, int32_t is_low, int32_t is_high)
{
    int32_t i = 0;
    for (int32_t at = quads->start; at != 0; at += quads->step) {
        const int32_t x = te_load_s8x4(quads->low_end + (is_low ? at : 0));
        const int32_t y = te_load_s8x4(quads->high_end + (is_high ? at : 0));
        const int32_t front = te_pack_low(x, y);
        const int32_t back = te_pack_high(x, y);
        quads->lanes[0][i] = te_sxtab16(quads->centre, front);
        quads->lanes[1][i] = te_sxtab16_ror8(quads->centre, front);
        quads->lanes[2][i] = te_sxtab16(quads->centre, back);
        quads->lanes[3][i] = te_sxtab16_ror8(quads->centre, back);
        i++;
    }
    quads->low_end += is_low ? 4 : 0;
    quads->high_end += is_high ? 4 : 0;
}

static inline void te_expand_both(te_expand_quads *quads)
{
    te_expand_of(quads, 1, 1);
}

static inline void te_expand_low(te_expand_quads *quads)
{
    te_expand_of(quads, 1, 0);
}

static inline void te_expand_high(te_expand_quads *quads)
{
    te_expand_of(quads, 0, 1);
}

static inline void te_expand_4_columns(const int8_t *low, const int8_t *high, int32_t *line,
                                       int32_t count, int32_t centre)
{
    for (int32_t i = 0; i < count; i++) {
        line[i] = te_add16(centre, te_pack_low(low[i], high[i]));
    }
}

#endif

/* Expands one quad at `low` and one at `high` to words `pitch` apart. */
static inline void te_expand_quad(int32_t low, int32_t high, int32_t centre, int32_t *to,
                                  int32_t pitch)
{
    const int32_t front = te_pack_low(low, high);
    const int32_t back = te_pack_high(low, high);
    to[0] = te_sxtab16(centre, front);
    to[pitch] = te_sxtab16_ror8(centre, front);
    to[2 * pitch] = te_sxtab16(centre, back);
    to[3 * pitch] = te_sxtab16_ror8(centre, back);
}

/* Expands any number of columns of two rows of one channel to pairs. */
static inline void te_expand_columns(const int8_t *low, const int8_t *high, int32_t *line,
                                     int32_t count, int32_t centre)
{
    if (count >= 4) {
        const int32_t fours = count & ~3;
        te_expand_4_columns(low, high, line, fours, centre);
        if (count > fours) {
            const int32_t back = count - 4;
            te_expand_4_columns(low + back, high + back, line + back, 4, centre);
        }
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        line[i] = te_add16(centre, te_pack_low(low[i], high[i]));
    }
}

/* Expands columns of one row of one channel to one half of pairs; the other is 0. */
static inline void te_expand_half(const int8_t *row, int32_t *line, int32_t count, int32_t centre,
                                  int32_t is_high)
{
    const int32_t add = (int16_t)centre;
    for (int32_t i = 0; i < count; i++) {
        const int32_t x = row[i] + add;
        line[i] = is_high ? te_pack_low(0, x) : te_pack_low(x, 0);
    }
}

/* Expands an even number of columns of one row of one channel to words of two columns. */
static inline void te_expand_run(const int8_t *row, int32_t *line, int32_t count, int32_t centre)
{
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const int32_t quad = te_load_s8x4(row + i);
        const int32_t even = te_sxtab16(centre, quad);
        const int32_t odd = te_sxtab16_ror8(centre, quad);
        *line++ = te_pack_low(even, odd);
        *line++ = te_pack_high(even, odd);
    }
    if (i < count) {
        *line = te_add16(centre, te_pack_low(row[i], row[i + 1]));
    }
}

#endif
