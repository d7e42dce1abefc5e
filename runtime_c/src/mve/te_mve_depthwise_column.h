/* Depthwise convolution of columns for MVE: images one pixel wide, 16 channels at a time. */
#ifndef TE_MVE_DEPTHWISE_COLUMN_H
#define TE_MVE_DEPTHWISE_COLUMN_H

#include "te_mve.h"
#include "te_requantize.h"

#define TE_MVE_COLUMN_LANES 16
#define TE_MVE_COLUMN_HEIGHT 16 /* greatest kernel height */

/* One output pixel. Assembly reads the members by their places.
 *
 * A record of 16 channels is: the taps of all of them, kernel row after kernel row, an even number
 * of rows; then for each of four vectors of channels 0, 4, 8, 12; 2, 6, ...; 1, 5, ... and 3, 7,
 * ... as int32 four biases, four multipliers and four shifts as in te_mve_conv_block. The last
 * record is of the last 16 channels, some of which the one before may have, too.
 */
typedef struct {
    const int32_t *weight;     /* records */
    const int8_t *const *rows; /* input pixels, two for each of `pairs` */
    int32_t pairs;
    int8_t *out;
    int32_t channels; /* at least 16 */
    int32_t zero_point;
    int32_t act_min;
    int32_t act_max;
} te_mve_column;

#if TE_HAS_MVE

TE_HOLD(te_mve_column, pairs, 8);
TE_HOLD(te_mve_column, channels, 16);
TE_HOLD(te_mve_column, act_max, 28);

/* clang-format off */
#define TE_MVE_COLUMN_REQUANTIZE(sums, multiply, rounding)                                                   \
    "vldmia r1!, {d0-d5}\n\t"                                                                      \
    "vadd.i32 " sums ", " sums ", q0\n\t"                                                          \
    multiply ".s32 " sums ", " sums ", q1\n\t"                                                     \
    rounding                                                                                       \
    "vrshl.s32 " sums ", " sums ", q2\n\t"

#define TE_MVE_COLUMN_UP(sums) ""

/* VRSHL rounds halves up, te_requantize away from zero. */
#define TE_MVE_COLUMN_SIGNED(sums)                                                                 \
    "vshr.s32 q0, " sums ", #31\n\t"                                                               \
    "vadd.i32 " sums ", " sums ", q0\n\t"

/* Products of two taps of even channels in q2, of odd ones in q3, added in 16 bits. */
#define TE_MVE_COLUMN_PAIR                                                                         \
    "ldrd r2, r3, [r0], #8\n\t"                                                                    \
    "add r2, r2, r6\n\t"                                                                           \
    "add r3, r3, r6\n\t"                                                                           \
    "vldrb.8 q0, [r2]\n\t"                                                                         \
    "vldrb.8 q1, [r1], #16\n\t"                                                                    \
    "vmullb.s8 q2, q0, q1\n\t"                                                                     \
    "vmullt.s8 q3, q0, q1\n\t"                                                                     \
    "vldrb.8 q0, [r3]\n\t"                                                                         \
    "vldrb.8 q1, [r1]\n\t"                                                                         \
    "vmullb.s8 q1, q0, q1\n\t"                                                                     \
    "vadd.i16 q2, q2, q1\n\t"                                                                      \
    "vldrb.8 q1, [r1], #16\n\t"                                                                    \
    "vmullt.s8 q0, q0, q1\n\t"                                                                     \
    "vadd.i16 q3, q3, q0\n\t"

/* 23 instructions for 32 taps, 43 around them. Sums of 32 bits are in q4 to q7; r1 is in the record,
 * r6 the first channel, r7 the output. The zero point is added in 16 bits, where what saturates is
 * clamped anyway.
 */
#define TE_MVE_COLUMN_DOT(multiply, rounding)                                                                \
    __asm__("push {r4-r11, lr}\n\t"                                                                \
            "vpush {d8-d15}\n\t"                                                                   \
            "ldm r0, {r1, r4, r5, r7-r11}\n\t"                                                     \
            "sub r5, r5, #1\n\t"                                                                   \
            "sub r8, r8, #16\n\t"                                                                  \
            "mov r6, #0\n"                                                                         \
            "1:\n\t"                                                                               \
            "mov r0, r4\n\t"                                                                       \
            TE_MVE_COLUMN_PAIR                                                                     \
            "vmovlb.s16 q4, q2\n\t"                                                                \
            "vmovlt.s16 q5, q2\n\t"                                                                \
            "vmovlb.s16 q6, q3\n\t"                                                                \
            "vmovlt.s16 q7, q3\n\t"                                                                \
            "wls lr, r5, 3f\n"                                                                     \
            "2:\n\t"                                                                               \
            TE_MVE_COLUMN_PAIR                                                                     \
            "vmovlb.s16 q0, q2\n\t"                                                                \
            "vadd.i32 q4, q4, q0\n\t"                                                              \
            "vmovlt.s16 q2, q2\n\t"                                                                \
            "vadd.i32 q5, q5, q2\n\t"                                                              \
            "vmovlb.s16 q0, q3\n\t"                                                                \
            "vadd.i32 q6, q6, q0\n\t"                                                              \
            "vmovlt.s16 q3, q3\n\t"                                                                \
            "vadd.i32 q7, q7, q3\n\t"                                                              \
            "le lr, 2b\n"                                                                          \
            "3:\n\t"                                                                               \
            TE_MVE_COLUMN_REQUANTIZE("q4", multiply, rounding("q4"))                                         \
            TE_MVE_COLUMN_REQUANTIZE("q5", multiply, rounding("q5"))                                         \
            TE_MVE_COLUMN_REQUANTIZE("q6", multiply, rounding("q6"))                                         \
            TE_MVE_COLUMN_REQUANTIZE("q7", multiply, rounding("q7"))                                         \
            "vqmovnb.s32 q4, q4\n\t"                                                               \
            "vqmovnt.s32 q4, q5\n\t"                                                               \
            "vqmovnb.s32 q6, q6\n\t"                                                               \
            "vqmovnt.s32 q6, q7\n\t"                                                               \
            "vqadd.s16 q4, q4, r9\n\t"                                                             \
            "vqadd.s16 q6, q6, r9\n\t"                                                             \
            "vqmovnb.s16 q4, q4\n\t"                                                               \
            "vqmovnt.s16 q4, q6\n\t"                                                               \
            "vdup.8 q0, r10\n\t"                                                                   \
            "vdup.8 q1, r11\n\t"                                                                   \
            "vmax.s8 q4, q4, q0\n\t"                                                               \
            "vmin.s8 q4, q4, q1\n\t"                                                               \
            "add r2, r7, r6\n\t"                                                                   \
            "vstrb.8 q4, [r2]\n\t"                                                                 \
            "cmp r6, r8\n\t"                                                                       \
            "beq 4f\n\t"                                                                           \
            "add r6, r6, #16\n\t"                                                                  \
            "cmp r6, r8\n\t"                                                                       \
            "it gt\n\t"                                                                            \
            "movgt r6, r8\n\t"                                                                     \
            "b.w 1b\n"                                                                             \
            "4:\n\t"                                                                               \
            "vpop {d8-d15}\n\t"                                                                    \
            "pop {r4-r11, pc}\n\t")

TE_NAKED static void te_mve_column_dot_up(const te_mve_column *column __attribute__((unused)))
{
    TE_MVE_COLUMN_DOT("vqrdmulh", TE_MVE_COLUMN_UP);
}

TE_NAKED static void
te_mve_column_dot_signed(const te_mve_column *column __attribute__((unused)))
{
    TE_MVE_COLUMN_DOT("vqrdmulh", TE_MVE_COLUMN_SIGNED);
}

/* Products are not rounded, but outputs, halves up. */
TE_NAKED static void te_mve_column_dot_once(const te_mve_column *column __attribute__((unused)))
{
    TE_MVE_COLUMN_DOT("vqdmulh", TE_MVE_COLUMN_UP);
}
/* clang-format on */

#else

static inline int8_t te_mve_column_output(const te_mve_column *column, const int32_t *record,
                                          int32_t channel, int32_t lane, te_mve_way way)
{
    const int32_t vector = (lane & 1) * 2 + (lane & 3) / 2;
    const int32_t *const factors =
        record + 2 * column->pairs * TE_MVE_COLUMN_LANES / 4 + 12 * vector + lane / 4;
    int32_t sum = factors[0];
    for (int32_t row = 0; row < 2 * column->pairs; row++) {
        const int8_t *const taps = (const int8_t *)record + row * TE_MVE_COLUMN_LANES;
        sum += column->rows[row][channel] * taps[lane];
    }
    const int32_t rounded = te_mve_requantize(sum, factors[4], factors[8], way);
    return (int8_t)te_clamp(rounded + column->zero_point, column->act_min, column->act_max);
}

static inline void te_mve_column_dot(const te_mve_column *column, te_mve_way way)
{
    const int32_t words = 2 * column->pairs * TE_MVE_COLUMN_LANES / 4 + 3 * TE_MVE_COLUMN_LANES;
    const int32_t *record = column->weight;
    for (int32_t first = 0; first < column->channels; first += TE_MVE_COLUMN_LANES) {
        const int32_t greatest = column->channels - TE_MVE_COLUMN_LANES;
        const int32_t from = first < greatest ? first : greatest;
        for (int32_t lane = 0; lane < TE_MVE_COLUMN_LANES; lane++) {
            column->out[from + lane] = te_mve_column_output(column, record, from + lane, lane, way);
        }
        record += words;
    }
}

static inline void te_mve_column_dot_up(const te_mve_column *column)
{
    te_mve_column_dot(column, TE_MVE_TWICE_UP);
}

static inline void te_mve_column_dot_signed(const te_mve_column *column)
{
    te_mve_column_dot(column, TE_MVE_TWICE_SIGNED);
}

static inline void te_mve_column_dot_once(const te_mve_column *column)
{
    te_mve_column_dot(column, TE_MVE_ONCE);
}

#endif

#endif
