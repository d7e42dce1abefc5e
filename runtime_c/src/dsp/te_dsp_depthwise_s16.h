/* Depthwise windows of 3x3 of int16: two channels of two or one pixels at a time, in assembly.
 *
 * A record of channels a and b is: their biases; the weights of nine taps, row by row, a pair of
 * int16 of both each; the factors of a, of b. The output is the sum times the factor in the high
 * word, rounded, saturated to 16 bits, or to [0, 32767] in those with _up.
 *
 * Registers: r0 walks over the records, r1 to r3 over three rows, r4 is the step from column to
 * column and r5 three of it; sums of a and b in r6 and r7, of the second pixel in r8 and r9; r10 to
 * r12 hold weights, lr what is multiplied. The output and its end are pushed.
 *
 * Instructions for 36 MACs: 70 of two pixels side by side, 73 two apart.
 */
#ifndef TE_DSP_DEPTHWISE_S16_H
#define TE_DSP_DEPTHWISE_S16_H

#include "te_dsp.h"
#include "te_requantize.h"

/* A window, or two, as the loops see them. Assembly reads the members by their places. */
typedef struct {
    const int32_t *weight;
    const int16_t *rows[3];
    int32_t step;   /* from column to column in bytes, and from pixel to pixel of the output */
    int32_t step_3; /* three times that */
    int16_t *out;
    int16_t *out_end; /* behind the channels of the first pixel */
} te_depthwise_window;

/* Computes all channels. */
typedef void (*te_depthwise_dot)(const te_depthwise_window *window);

#if TE_HAS_DSP

TE_HOLD(te_depthwise_window, rows, 4);
TE_HOLD(te_depthwise_window, step_3, 20);
TE_HOLD(te_depthwise_window, out, 24);
TE_HOLD(te_depthwise_window, out_end, 28);

/* clang-format off */
#define TE_TAP(a, b, weight)                                                                       \
    "smlabb " a ", lr, " weight ", " a "\n\t"                                                      \
    "smlatt " b ", lr, " weight ", " b "\n\t"

/* The tap that the second pixel's sums start with, from the biases of the first's. */
#define TE_TAP_FIRST(weight)                                                                       \
    "smlabb r8, lr, " weight ", r6\n\t"                                                            \
    "smlatt r9, lr, " weight ", r7\n\t"

/* A row of two windows that stand side by side; `tap` is the second one's first. */
#define TE_ROW_OF_2_BY_1(row, tap)                                                                 \
    "ldm.w r0!, {r10-r12}\n\t"                                                                     \
    "ldr lr, [" row ", r4]\n\t"           tap             TE_TAP("r6", "r7", "r11")                \
    "ldr lr, [" row ", r4, lsl #1]\n\t"                                                            \
    TE_TAP("r8", "r9", "r11") TE_TAP("r6", "r7", "r12")                                            \
    "ldr lr, [" row ", r5]\n\t"           TE_TAP("r8", "r9", "r12")                                \
    "ldr lr, [" row "], #4\n\t"           TE_TAP("r6", "r7", "r10")

/* A row of two windows that stand two columns apart. */
#define TE_ROW_OF_2_BY_2(row, tap)                                                                 \
    "ldm.w r0!, {r10-r12}\n\t"                                                                     \
    "ldr lr, [" row ", r4, lsl #1]\n\t"   tap             TE_TAP("r6", "r7", "r12")                \
    "ldr lr, [" row ", r4]\n\t"           TE_TAP("r6", "r7", "r11")                                \
    "ldr lr, [" row ", r5]\n\t"           TE_TAP("r8", "r9", "r11")                                \
    "ldr lr, [" row ", r4, lsl #2]\n\t"   TE_TAP("r8", "r9", "r12")                                \
    "ldr lr, [" row "], #4\n\t"           TE_TAP("r6", "r7", "r10")

/* A row of one window. */
#define TE_ROW_OF_1(row, tap)                                                                      \
    "ldm.w r0!, {r10-r12}\n\t"                                                                     \
    "ldr lr, [" row ", r4]\n\t"           TE_TAP("r6", "r7", "r11")                                \
    "ldr lr, [" row ", r4, lsl #1]\n\t"   TE_TAP("r6", "r7", "r12")                                \
    "ldr lr, [" row "], #4\n\t"           TE_TAP("r6", "r7", "r10")

/* Scales and saturates the sums of a pixel to one word, in `a`. */
#define TE_SCALE(a, b, saturate)                                                                   \
    "smmulr " a ", " a ", r10\n\t"                                                                 \
    "smmulr " b ", " b ", r11\n\t"                                                                 \
    saturate(a) saturate(b)                                                                        \
    "pkhbt " a ", " a ", " b ", lsl #16\n\t"

#define TE_SIGNED(sum) "ssat " sum ", #16, " sum "\n\t"
#define TE_UP(sum) "usat " sum ", #15, " sum "\n\t"

#define TE_FINISH_1(saturate) TE_SCALE("r6", "r7", saturate) "ldr r12, [sp]\n\t"
#define TE_FINISH_2(saturate)                                                                      \
    TE_SCALE("r8", "r9", saturate) TE_FINISH_1(saturate) "str r8, [r12, r4]\n\t"

#define TE_WINDOWS(row, finish, saturate)                                                          \
    "push {r4-r11, lr}\n\t"                                                                        \
    "ldrd r6, r7, [r0, #24]\n\t"                                                                   \
    "push {r6, r7}\n\t"                                                                            \
    "ldm r0, {r0-r5}\n\t"                                                                          \
    "1: ldrd r6, r7, [r0], #8\n\t"                                                                 \
    row("r1", TE_TAP_FIRST("r10"))                                                                 \
    row("r2", TE_TAP("r8", "r9", "r10"))                                                           \
    row("r3", TE_TAP("r8", "r9", "r10"))                                                           \
    "ldrd r10, r11, [r0], #8\n\t"                                                                  \
    finish(saturate)                                                                               \
    "str r6, [r12], #4\n\t"                                                                        \
    "ldr lr, [sp, #4]\n\t"                                                                         \
    "str r12, [sp]\n\t"                                                                            \
    "cmp r12, lr\n\t"                                                                              \
    "bne.w 1b\n\t"                                                                                 \
    "add sp, sp, #8\n\t"                                                                           \
    "pop {r4-r11, pc}\n\t"
/* clang-format on */

#define TE_DEPTHWISE_LOOP(name, row, finish, saturate, pixels, stride, low)                        \
    TE_NAKED static void name(const te_depthwise_window *window __attribute__((unused)))           \
    {                                                                                              \
        __asm__(TE_WINDOWS(row, finish, saturate));                                                \
    }

#else

/* Does what the assembly does, of `pixels` windows that stand `stride` columns apart. */
static inline void te_depthwise_windows(const te_depthwise_window *window, int32_t pixels,
                                        int32_t stride, int32_t low)
{
    const int32_t step = window->step / 2;
    const int32_t *record = window->weight;
    const int32_t channels = (int32_t)(window->out_end - window->out);
    for (int32_t c = 0; c < channels; c++) {
        const int32_t shift = 16 * (c & 1);
        for (int32_t pixel = 0; pixel < pixels; pixel++) {
            int32_t sum = record[c & 1];
            for (int32_t tap = 0; tap < 9; tap++) {
                const int32_t column = pixel * stride + tap % 3;
                const int32_t weight = (int16_t)((uint32_t)record[2 + tap] >> shift);
                sum += window->rows[tap / 3][column * step + c] * weight;
            }
            const int32_t value = te_multiply_high_rounded(sum, record[11 + (c & 1)], 0);
            window->out[pixel * step + c] = (int16_t)te_clamp(value, low, INT16_MAX);
        }
        record += 13 * (c & 1);
    }
}

#define TE_DEPTHWISE_LOOP(name, row, finish, saturate, pixels, stride, low)                        \
    static inline void name(const te_depthwise_window *window)                                     \
    {                                                                                              \
        te_depthwise_windows(window, pixels, stride, low);                                         \
    }

#endif

TE_DEPTHWISE_LOOP(te_depthwise_1_s16, TE_ROW_OF_1, TE_FINISH_1, TE_SIGNED, 1, 1, INT16_MIN)
TE_DEPTHWISE_LOOP(te_depthwise_1_s16_up, TE_ROW_OF_1, TE_FINISH_1, TE_UP, 1, 1, 0)
TE_DEPTHWISE_LOOP(te_depthwise_2_by_1_s16, TE_ROW_OF_2_BY_1, TE_FINISH_2, TE_SIGNED, 2, 1,
                  INT16_MIN)
TE_DEPTHWISE_LOOP(te_depthwise_2_by_1_s16_up, TE_ROW_OF_2_BY_1, TE_FINISH_2, TE_UP, 2, 1, 0)
TE_DEPTHWISE_LOOP(te_depthwise_2_by_2_s16, TE_ROW_OF_2_BY_2, TE_FINISH_2, TE_SIGNED, 2, 2,
                  INT16_MIN)
TE_DEPTHWISE_LOOP(te_depthwise_2_by_2_s16_up, TE_ROW_OF_2_BY_2, TE_FINISH_2, TE_UP, 2, 2, 0)

#endif
