/* Expansion of int8 taps to pairs of int16, in the order in which dot products read them.
 *
 * A run of taps becomes words of two: four taps become the pairs (0, 2) and (1, 3), what is left
 * (0, 1), or (0, 2) and (1, 0). The words of a group of pixels stand side by side.
 */
#ifndef TE_DSP_CONV_EXPAND_H
#define TE_DSP_CONV_EXPAND_H

#include "te_dsp.h"

/* Words that a run of `count` taps expands to, per pixel. */
static inline int32_t te_conv_run_pairs(int32_t count)
{
    return count / 4 * 2 + ((count & 3) + 1) / 2;
}

/* Expands the last 1 to 3 taps of a run of `group` pixels that stand `step` bytes apart; gives the word
 * behind.
 */
static inline int32_t *te_conv_expand_tail(int32_t *x, int32_t group, const int8_t *from,
                                           int32_t step, int32_t left)
{
    int32_t *const end = x + group;
    while (x != end) {
        if (left == 3) {
            x[group] = te_pack_low(from[1], 0);
        }
        *x = te_pack_low(from[0], left == 1 ? 0 : from[left - 1]);
        x++;
        from += step;
    }
    return left == 3 ? x + group : x;
}

/* Expands `quads` quads of one pixel; gives the word behind. */
static inline int32_t *te_conv_expand_1(int32_t *x, const int8_t *from, int32_t quads)
{
    const int8_t *const end = from + 4 * quads;
    while (from != end) {
        const int32_t quad = te_load_s8x4(from);
        from += 4;
        x[0] = te_sxtb16(quad);
        x[1] = te_sxtb16_ror8(quad);
        x += 2;
    }
    return x;
}

#if TE_HAS_DSP

#include "te_dsp_conv_expand_loops.h"

/* Expands `quads` > 0 quads of each of four pixels that stand `step` bytes apart; gives the word
 * behind. r1, r2, r12 and lr walk over the pixels,
 * whose quads are in r4 to r7; r0 over x. An odd number begins with the second half of the loop.
 */
TE_NAKED static int32_t *te_conv_expand_4(int32_t *x __attribute__((unused)),
                                          const int8_t *from __attribute__((unused)),
                                          int32_t step __attribute__((unused)),
                                          int32_t quads __attribute__((unused)))
{
    __asm__("push {r4-r11, lr}\n\t"
            "add r12, r1, r2, lsl #1\n\t"
            "add lr, r12, r2\n\t"
            "add r2, r1, r2\n\t"
            "add r3, r3, #1\n\t"
            "lsrs r3, r3, #1\n\t"
            "bcc 2f\n\t"
            "1:\n\t" TE_CONV_EXPAND_4 "2:\n\t" TE_CONV_EXPAND_4 "subs r3, r3, #1\n\t"
            "bne 1b\n\t"
            "pop {r4-r11, pc}\n\t");
}

/* The same of two pixels. */
TE_NAKED static int32_t *te_conv_expand_2(int32_t *x __attribute__((unused)),
                                          const int8_t *from __attribute__((unused)),
                                          int32_t step __attribute__((unused)),
                                          int32_t quads __attribute__((unused)))
{
    __asm__("push {r4-r9, lr}\n\t"
            "add r2, r1, r2\n\t"
            "add r3, r3, #1\n\t"
            "lsrs r3, r3, #1\n\t"
            "bcc 2f\n\t"
            "1:\n\t" TE_CONV_EXPAND_2 "2:\n\t" TE_CONV_EXPAND_2 "subs r3, r3, #1\n\t"
            "bne 1b\n\t"
            "pop {r4-r9, pc}\n\t");
}

/* Expands a run of nine taps, three columns of three channels, of each of four pixels likewise. The
 * half word beside the ninth is not 0, as others are: its weight is. r1 walks over the pixels.
 */
TE_NAKED static int32_t *te_conv_expand_9(int32_t *x __attribute__((unused)),
                                          const int8_t *from __attribute__((unused)),
                                          int32_t step __attribute__((unused)))
{
    __asm__("push {r4, lr}\n\t"
            ".irp pixel, 0, 4, 8, 12\n\t"
            "ldr r3, [r1]\n\t"
            "ldr r4, [r1, #4]\n\t"
            "ldrsb lr, [r1, #8]\n\t"
            "add r1, r1, r2\n\t"
            "sxtb16 r12, r3\n\t"
            "str r12, [r0, #\\pixel]\n\t"
            "sxtb16 r3, r3, ror #8\n\t"
            "str r3, [r0, #16 + \\pixel]\n\t"
            "sxtb16 r12, r4\n\t"
            "str r12, [r0, #32 + \\pixel]\n\t"
            "sxtb16 r4, r4, ror #8\n\t"
            "str r4, [r0, #48 + \\pixel]\n\t"
            "str lr, [r0, #64 + \\pixel]\n\t"
            ".endr\n\t"
            "add r0, r0, #80\n\t"
            "pop {r4, pc}\n\t");
}

#else

static inline int32_t *te_conv_expand_quads(int32_t *x, int32_t group, const int8_t *from,
                                            int32_t step, int32_t quads)
{
    for (int32_t i = 0; i < quads; i++) {
        for (int32_t pixel = 0; pixel < group; pixel++) {
            const int32_t quad = te_load_s8x4(from + pixel * step + 4 * i);
            x[pixel] = te_sxtb16(quad);
            x[group + pixel] = te_sxtb16_ror8(quad);
        }
        x += 2 * group;
    }
    return x;
}

static inline int32_t *te_conv_expand_4(int32_t *x, const int8_t *from, int32_t step, int32_t quads)
{
    return te_conv_expand_quads(x, 4, from, step, quads);
}

static inline int32_t *te_conv_expand_2(int32_t *x, const int8_t *from, int32_t step, int32_t quads)
{
    return te_conv_expand_quads(x, 2, from, step, quads);
}

static inline int32_t *te_conv_expand_9(int32_t *x, const int8_t *from, int32_t step)
{
    int32_t *const last = te_conv_expand_4(x, from, step, 2);
    for (int32_t pixel = 0; pixel < 4; pixel++) {
        last[pixel] = from[pixel * step + 8];
    }
    return last + 4;
}

#endif

/* Expands a run of `count` taps of each of 4, 2 or 1 pixels that stand `step` bytes apart; gives
 * the word behind.
 */
static inline int32_t *te_conv_expand(int32_t *x, int32_t group, const int8_t *from, int32_t step,
                                      int32_t count)
{
    const int32_t quads = (int32_t)((uint32_t)count / 4U);
    const int32_t left = count & 3;
    if (group == 1) {
        x = te_conv_expand_1(x, from, quads);
    } else if (quads > 0) {
        x = group == 4 ? te_conv_expand_4(x, from, step, quads)
                       : te_conv_expand_2(x, from, step, quads);
    }
    if (left == 0) {
        return x;
    }
    return te_conv_expand_tail(x, group, from + 4 * quads, step, left);
}

/* Fills `words` words with pairs of `value`; gives the word behind. */
static inline int32_t *te_conv_fill(int32_t *x, int32_t words, int32_t value)
{
    const int32_t pair = te_pack_low(value, value);
    int32_t *const end = x + words;
    while (x != end) {
        *x = pair;
        x++;
    }
    return x;
}

#endif
