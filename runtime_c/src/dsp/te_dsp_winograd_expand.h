/* Expansion of two tiles' inputs to V. Source: te_dsp_winograd.h. */
#ifndef TE_DSP_WINOGRAD_EXPAND_H
#define TE_DSP_WINOGRAD_EXPAND_H

#include "te_dsp.h"

enum {
    TE_WINOGRAD_ROWS = 4 /* of a tile's input */
};

/* Input rows of two tiles: where the first pixel of each is, and the bytes from pixel to pixel. */
typedef struct {
    const int8_t *row[TE_WINOGRAD_ROWS];
    int32_t step;
} te_tiles;

#if TE_HAS_DSP

TE_HOLD(te_tiles, step, 16);

/* clang-format off */
/* B' x of two columns: of words r8, r9 and r10, r11 to `c` and `c_2`; `half` chooses bytes. */
#define TE_WINOGRAD_SUM(c, c_2, half)                                                              \
    "sxtb16 r8, r8" half "\n\t"                                                                    \
    "sxtb16 r10, r10" half "\n\t"                                                                  \
    "sxtab16 " c ", r8, r9" half "\n\t"                                                            \
    "sxtab16 " c_2 ", r10, r11" half "\n\t"
#define TE_WINOGRAD_DIFFERENCE(c, c_2, half)                                                       \
    "sxtb16 r8, r8" half "\n\t"                                                                    \
    "sxtb16 r9, r9" half "\n\t"                                                                    \
    "sxtb16 r10, r10" half "\n\t"                                                                  \
    "sxtb16 r11, r11" half "\n\t"                                                                  \
    "ssub16 " c ", r8, r9\n\t"                                                                     \
    "ssub16 " c_2 ", r10, r11\n\t"

/* Loads two columns of the rows at r1 and r2, whose pixels are r3 bytes apart. */
#define TE_WINOGRAD_LOAD_2                                                                         \
    "ldr r8, [r1]\n\t"                                                                             \
    "ldr r9, [r2]\n\t"                                                                             \
    "ldr r10, [r1, r3]\n\t"                                                                        \
    "ldr r11, [r2, r3]\n\t"
#define TE_WINOGRAD_STEP_2                                                                         \
    "add r1, r1, r3, lsl #1\n\t"                                                                   \
    "add r2, r2, r3, lsl #1\n\t"

/* B of a row of B' x, columns `c` to `c_3`: columns 1, 2 and 3 are stored at r0 and r12 bytes apart,
 * column 0 at lr.
 */
#define TE_WINOGRAD_STORE_4(c, c_1, c_2, c_3)                                                      \
    "ssub16 r9, " c_2 ", " c_1 "\n\t"                                                              \
    "ssub16 r10, " c_1 ", " c_3 "\n\t"                                                             \
    "str r9, [r0, r12]\n\t"                                                                        \
    "ssub16 r11, " c ", " c_2 "\n\t"                                                               \
    "str r10, [r0, r12, lsl #1]\n\t"                                                               \
    "sadd16 r8, " c_1 ", " c_2 "\n\t"                                                              \
    "str r11, [lr], #4\n\t"                                                                        \
    "str r8, [r0], #4\n\t"

/* A row of V of both tiles, from the rows of x that stand at `place` and `place_2` in the frame. */
#define TE_WINOGRAD_ROW(place, place_2, combine, half)                                             \
    "ldr r1, [sp, #" place "]\n\t"                                                                 \
    "ldr r2, [sp, #" place_2 "]\n\t"                                                               \
    TE_WINOGRAD_LOAD_2                                                                             \
    TE_WINOGRAD_STEP_2                                                                             \
    combine("r4", "r5", half)                                                                      \
    TE_WINOGRAD_LOAD_2                                                                             \
    TE_WINOGRAD_STEP_2                                                                             \
    combine("r6", "r7", half)                                                                      \
    TE_WINOGRAD_STORE_4("r4", "r5", "r6", "r7")                                                    \
    TE_WINOGRAD_LOAD_2                                                                             \
    combine("r4", "r5", half)                                                                      \
    TE_WINOGRAD_STORE_4("r6", "r7", "r4", "r5")

/* V of one pair of channels; r12 is twice a phase. */
#define TE_WINOGRAD_PAIR(half)                                                                     \
    TE_WINOGRAD_ROW("4", "8", TE_WINOGRAD_SUM, half)                                               \
    TE_WINOGRAD_ROW("8", "4", TE_WINOGRAD_DIFFERENCE, half)                                        \
    "sub r0, r0, #16\n\t"                                                                          \
    "sub lr, lr, #16\n\t"                                                                          \
    "add r0, r0, r12, lsr #1\n\t"                                                                  \
    "add lr, lr, r12, lsr #1\n\t"                                                                  \
    TE_WINOGRAD_ROW("0", "8", TE_WINOGRAD_DIFFERENCE, half)                                        \
    TE_WINOGRAD_ROW("4", "12", TE_WINOGRAD_DIFFERENCE, half)                                       \
    "sub r0, r0, r12, lsr #1\n\t"                                                                  \
    "sub lr, lr, r12, lsr #1\n\t"

/* V of `quads` > 0 quads of channels at x; a phase is `phase` bytes. In the frame are where the rows
 * stand, and the quads that are left.
 */
TE_NAKED static void te_winograd_expand(const te_tiles *tiles __attribute__((unused)),
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
static inline void te_winograd_expand(const te_tiles *tiles, int32_t quads, int32_t *x,
                                      int32_t phase)
{
    for (int32_t quad = 0; quad < quads; quad++) {
        te_winograd_pair(tiles, 4 * quad, 0, x, phase / 4);
        te_winograd_pair(tiles, 4 * quad, 1, x + 4, phase / 4);
        x += 8;
    }
}

#endif

#endif
