/* Expansion of two tiles' inputs to V. Source: te_dsp_winograd.h. */
#ifndef TE_DSP_WINOGRAD_EXPAND_H
#define TE_DSP_WINOGRAD_EXPAND_H

#include "te_dsp.h"
#include "te_dsp_winograd_tiles.h"

#if TE_HAS_DSP

TE_HOLD(te_tiles, step, 16);

#include "te_dsp_winograd_expand_loops.h"

/* clang-format off */
/* V of one pair of channels; r12 is twice a phase. */
#define TE_WINOGRAD_PAIR(half)                                                                     \
    TE_WINOGRAD_ROW("4", "8", TE_WINOGRAD_SUM, half, "8", "4")                                     \
    TE_WINOGRAD_ROW("8", "4", TE_WINOGRAD_DIFFERENCE, half, "0", "8")                              \
    "sub r0, r0, #16\n\t"                                                                          \
    "sub lr, lr, #16\n\t"                                                                          \
    "add r0, r0, r12, lsr #1\n\t"                                                                  \
    "add lr, lr, r12, lsr #1\n\t"                                                                  \
    TE_WINOGRAD_ROW("0", "8", TE_WINOGRAD_DIFFERENCE, half, "4", "12")                             \
    TE_WINOGRAD_ROW("4", "12", TE_WINOGRAD_DIFFERENCE, half, "4", "8")                             \
    "sub r0, r0, r12, lsr #1\n\t"                                                                  \
    "sub lr, lr, r12, lsr #1\n\t"

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* V of `quads` > 0 quads of channels at x; a phase is `phase` bytes. In the frame are where the rows
 * stand, and the quads that are left.
 */
TE_SHARED TE_NAKED void te_winograd_expand(const te_tiles *tiles __attribute__((unused)),
                                        int32_t quads __attribute__((unused)),
                                        int32_t *x __attribute__((unused)),
                                        int32_t phase __attribute__((unused)))
{
    __asm__("push {r4-r11, lr}\n\t"
            "lsl r12, r3, #1\n\t"
            "mov r8, r1\n\t"
            "ldm r0, {r3-r7}\n\t"
            "push {r3-r6, r8}\n\t"
            "mov r3, r7\n\t"
            "mov r0, r2\n\t"
            "add lr, r0, r12\n\t"
            "add lr, lr, r12, lsl #1\n\t"
            "1:\n\t"
            TE_WINOGRAD_FIRST("4", "8")
            TE_WINOGRAD_PAIR("")
            TE_WINOGRAD_PAIR(", ror #8")
            "ldm sp, {r4-r8}\n\t"
            "add r4, r4, #4\n\t"
            "add r5, r5, #4\n\t"
            "add r6, r6, #4\n\t"
            "add r7, r7, #4\n\t"
            "subs r8, r8, #1\n\t"
            "stm sp, {r4-r8}\n\t"
            "bne.w 1b\n\t"
            "add sp, sp, #20\n\t"
            "pop {r4-r11, pc}\n\t");
}

#pragma GCC diagnostic pop
/* clang-format on */

#else

/* A row of V of both tiles, from a row of B' x. Columns are `step` words apart. */
static inline void te_winograd_row(int32_t *x, int32_t step, const int32_t *c)
{
    for (int32_t tile = 0; tile < 2; tile++) {
        x[tile] = te_add16(c[1], c[2]);
        x[tile + step] = te_sub16(c[2], c[1]);
        x[tile + 2 * step] = te_sub16(c[1], c[3]);
        x[tile + 3 * step] = te_sub16(c[0], c[2]);
        c += 2;
    }
}

/* V of one pair of channels: elements 0 and 2 of the quads at `channel`, or 1 and 3 where `odd`. */
static inline void te_winograd_pair(const te_tiles *tiles, int32_t channel, int32_t odd, int32_t *x,
                                    int32_t phase)
{
    int32_t c[TE_WINOGRAD_ROWS][6];
    for (int32_t column = 0; column < 6; column++) {
        int32_t d[TE_WINOGRAD_ROWS];
        for (int32_t row = 0; row < TE_WINOGRAD_ROWS; row++) {
            const int8_t *const from = tiles->row[row] + column * tiles->step + channel;
            const int32_t quad = te_load_s8x4(from);
            d[row] = odd ? te_sxtb16_ror8(quad) : te_sxtb16(quad);
        }
        c[0][column] = te_sub16(d[0], d[2]);
        c[1][column] = te_add16(d[1], d[2]);
        c[2][column] = te_sub16(d[2], d[1]);
        c[3][column] = te_sub16(d[1], d[3]);
    }
    te_winograd_row(x, 2 * phase, c[1]);
    te_winograd_row(x + 2, 2 * phase, c[2]);
    te_winograd_row(x + phase, 2 * phase, c[0]);
    te_winograd_row(x + phase + 2, 2 * phase, c[3]);
}

/* Does what the assembly does. */
TE_SHARED void te_winograd_expand(const te_tiles *tiles, int32_t quads, int32_t *x, int32_t phase)
{
    for (int32_t quad = 0; quad < quads; quad++) {
        te_winograd_pair(tiles, 4 * quad, 0, x, phase / 4);
        te_winograd_pair(tiles, 4 * quad, 1, x + 4, phase / 4);
        x += 8;
    }
}

#endif

#endif
