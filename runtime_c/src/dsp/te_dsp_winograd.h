/* Winograd's minimal filtering F(2x2, 3x3), exact in integers: a tile of 2x2 outputs from 4x4 inputs
 * with 16 multiplications for a channel instead of 36.
 *
 * With x the inputs, w the weights of a channel and o element by element,
 *
 *     4 y = A' [sum over channels of U o V] A,  U = G w G', V = B' x B,
 *
 *          2  0  0          1  0 -1  0
 *     G =  1  1  1     B' = 0  1  1  0    A' = 1  1  1  0
 *          1 -1  1          0 -1  1  0         0  1 -1 -1
 *          0  0  2          0  1  0 -1
 *
 * where G is twice the usual one. |V| <= 4 * 128 and |U| <= 9 * 128 fit 16 bits. What follows is
 * computed modulo 2^32: the 4 y of a sum y, times 64 and with its bias, is the scaled sum of
 * te_dsp_conv_w8.h, which fits 32 bits, whatever the sums on the way did. Padding is the input's zero
 * point; all zero points are in the biases.
 * Source: S. Winograd, Arithmetic Complexity of Computations, SIAM 1980; A. Lavin, S. Gray, Fast
 * Algorithms for Convolutional Neural Networks, CVPR 2016, section 4.1.
 *
 * Two tiles, which stand side by side, and two output channels a and b are computed at a time: column
 * by column of U o V, 1, 2, 3, 0. In each, rows 1 and 2 are summed apart; their sum and difference go
 * on with row 0 and, negated, row 3: those are the two rows of A' [U o V]. Then A does the same with
 * columns.
 *
 * V is, for columns 1, 2, 3, 0 and in each for rows (1, 2) and (0, 3), of every pair of channels:
 * the first row's of both tiles, then the second row's. A record of a and b has U in the same order:
 * first row of a and b, second row of a and b. Row 3 and column 3 of U are negated (their
 * corner twice, so not). Behind columns 3 and 0 it has the scaled bias of a, the multipliers of a and b,
 * and the scaled bias of b. Channels are paired as in te_dsp_conv_expand.h; those of no channel are 0.
 *
 * The loops, which depend on how many instructions a core issues at a time, are in a header of
 * their own.
 */
#ifndef TE_DSP_WINOGRAD_H
#define TE_DSP_WINOGRAD_H

#include "te_dsp_conv2d_winograd.h"
#include "te_dsp_conv_w8.h"
#include "te_dsp_winograd_expand.h"
#include "te_dsp_winograd_tiles.h"

#if TE_HAS_DSP

#define TE_WINOGRAD_TWO_PIXELS 4
#define TE_WINOGRAD_WEIGHT 16
#define TE_WINOGRAD_WEIGHT_END 20
#define TE_WINOGRAD_ROUNDING 24
#define TE_WINOGRAD_OFFSET 28
#define TE_WINOGRAD_X 32
#define TE_WINOGRAD_X_END 36
#define TE_WINOGRAD_SAVED 68
#define TE_WINOGRAD_FRAME_NBYTES 132
TE_HOLD(te_winograd_block, two_pixels, TE_WINOGRAD_TWO_PIXELS);
TE_HOLD(te_winograd_block, weight, TE_WINOGRAD_WEIGHT);
TE_HOLD(te_winograd_block, weight_end, TE_WINOGRAD_WEIGHT_END);
TE_HOLD(te_winograd_block, rounding, TE_WINOGRAD_ROUNDING);
TE_HOLD(te_winograd_block, offset, TE_WINOGRAD_OFFSET);
TE_HOLD(te_winograd_block, x, TE_WINOGRAD_X);
TE_HOLD(te_winograd_block, x_end, TE_WINOGRAD_X_END);
_Static_assert(sizeof(te_winograd_block) == TE_WINOGRAD_SAVED, "assembly copies the block");

/* clang-format off */
#define TE_WINOGRAD_AT(name) "[sp, #" TE_TEXT(TE_WINOGRAD_##name) "]"
#define TE_WINOGRAD_AT_END(phase) "[sp, #" TE_TEXT(TE_WINOGRAD_X_END) " + 4 * " phase "]"
#define TE_WINOGRAD_AT_SAVED(index) "[sp, #" TE_TEXT(TE_WINOGRAD_SAVED) " + 4 * " index "]"

/* Makes the frame: the block, and behind it 16 words for sums. */
#define TE_WINOGRAD_ENTER                                                                          \
    "push {r4-r11, lr}\n\t"                                                                        \
    "sub sp, sp, #64\n\t"                                                                          \
    "add lr, r0, #" TE_TEXT(TE_WINOGRAD_X_END) "\n\t"                                              \
    "ldm lr, {r1-r8}\n\t"                                                                          \
    "push {r1-r8}\n\t"                                                                             \
    "ldm r0, {r1-r9}\n\t"                                                                          \
    "push {r1-r9}\n\t"                                                                             \
    "mov r0, r5\n\t"

#define TE_WINOGRAD_LEAVE                                                                          \
    "add sp, sp, #" TE_TEXT(TE_WINOGRAD_FRAME_NBYTES) "\n\t"                                       \
    "pop {r4-r11, pc}\n\t"

/* Sums of a are in r5 to r8, of b in r9 to r12: the first row's of tiles 0 and 1, the second row's. A
 * column begins with products, and goes on with what is added to them.
 */
#define TE_WINOGRAD_BEGIN(sum, u, v) "smuad " sum ", " u ", " v "\n\t"
#define TE_WINOGRAD_GO_ON(sum, u, v) "smlad " sum ", " u ", " v ", " sum "\n\t"

/* Sum and difference of both rows. */
#define TE_WINOGRAD_TURN_1(sum, sum_2)                                                             \
    "add " sum ", " sum ", " sum_2 "\n\t"                                                          \
    "sub " sum_2 ", " sum ", " sum_2 ", lsl #1\n\t"
#define TE_WINOGRAD_TURN                                                                           \
    TE_WINOGRAD_TURN_1("r5", "r7")                                                                 \
    TE_WINOGRAD_TURN_1("r6", "r8")                                                                 \
    TE_WINOGRAD_TURN_1("r9", "r11")                                                                \
    TE_WINOGRAD_TURN_1("r10", "r12")

/* Saves the sums of column 1. */
#define TE_WINOGRAD_SAVE_1(sum, index) "str " sum ", " TE_WINOGRAD_AT_SAVED(index) "\n\t"
#define TE_WINOGRAD_SAVE                                                                           \
    TE_WINOGRAD_SAVE_1("r5", "0") TE_WINOGRAD_SAVE_1("r6", "1") TE_WINOGRAD_SAVE_1("r7", "2")      \
    TE_WINOGRAD_SAVE_1("r8", "3") TE_WINOGRAD_SAVE_1("r9", "4") TE_WINOGRAD_SAVE_1("r10", "5")     \
    TE_WINOGRAD_SAVE_1("r11", "6") TE_WINOGRAD_SAVE_1("r12", "7")

/* Saves column 1 plus column 2, which output column 0 begins with, and their difference. */
#define TE_WINOGRAD_MIX_2(sum, sum_2, index, index_2)                                              \
    "ldr r1, " TE_WINOGRAD_AT_SAVED(index) "\n\t"                                                  \
    "ldr r2, " TE_WINOGRAD_AT_SAVED(index_2) "\n\t"                                                \
    "add r3, r1, " sum "\n\t"                                                                      \
    "sub " sum ", r1, " sum "\n\t"                                                                 \
    "add r4, r2, " sum_2 "\n\t"                                                                    \
    "sub " sum_2 ", r2, " sum_2 "\n\t"                                                             \
    "str r3, " TE_WINOGRAD_AT_SAVED(index) "\n\t"                                                  \
    "str " sum ", " TE_WINOGRAD_AT_SAVED("(8 + " index ")") "\n\t"                                 \
    "str r4, " TE_WINOGRAD_AT_SAVED(index_2) "\n\t"                                                \
    "str " sum_2 ", " TE_WINOGRAD_AT_SAVED("(8 + " index_2 ")") "\n\t"
#define TE_WINOGRAD_MIX                                                                            \
    TE_WINOGRAD_MIX_2("r5", "r6", "0", "1")                                                        \
    TE_WINOGRAD_MIX_2("r7", "r8", "2", "3")                                                        \
    TE_WINOGRAD_MIX_2("r9", "r10", "4", "5")                                                       \
    TE_WINOGRAD_MIX_2("r11", "r12", "6", "7")

/* Adds what was saved, from word `first` on. */
#define TE_WINOGRAD_ADD_2(first, sum, sum_2, index, index_2)                                       \
    "ldr r1, " TE_WINOGRAD_AT_SAVED("(" first " + " index ")") "\n\t"                              \
    "ldr r2, " TE_WINOGRAD_AT_SAVED("(" first " + " index_2 ")") "\n\t"                            \
    "add " sum ", " sum ", r1\n\t"                                                                 \
    "add " sum_2 ", " sum_2 ", r2\n\t"
#define TE_WINOGRAD_ADD(first)                                                                     \
    TE_WINOGRAD_ADD_2(first, "r5", "r6", "0", "1")                                                 \
    TE_WINOGRAD_ADD_2(first, "r7", "r8", "2", "3")                                                 \
    TE_WINOGRAD_ADD_2(first, "r9", "r10", "4", "5")                                                \
    TE_WINOGRAD_ADD_2(first, "r11", "r12", "6", "7")

/* Requantizes: scaled bias of a, multipliers of a and b, scaled bias of b in r1 to r4. */
#define TE_WINOGRAD_REQUANTIZE                                                                     \
    ".irp sum, r5, r6, r7, r8\n\t add \\sum, r1, \\sum, lsl #6\n\t .endr\n\t"                      \
    ".irp sum, r9, r10, r11, r12\n\t add \\sum, r4, \\sum, lsl #6\n\t .endr\n\t"                   \
    "ldr r4, " TE_WINOGRAD_AT(ROUNDING) "\n\t"                                                     \
    "cmp r4, #36\n\t"                                                                              \
    "ldr r4, " TE_WINOGRAD_AT(OFFSET) "\n\t"                                                       \
    "blo 5f\n\t"                                                                                   \
    ".irp sum, r5, r6, r7, r8\n\t smmla \\sum, \\sum, r2, r4\n\t .endr\n\t"                        \
    ".irp sum, r9, r10, r11, r12\n\t smmla \\sum, \\sum, r3, r4\n\t .endr\n\t"                     \
    "bne 7f\n\t"                                                                                   \
    ".irp sum, r5, r6, r7, r8, r9, r10, r11, r12\n\t ssat \\sum, #8, \\sum, asr #8\n\t .endr\n\t"  \
    "b 8f\n\t"                                                                                     \
    "7:\n\t"                                                                                       \
    ".irp sum, r5, r6, r7, r8, r9, r10, r11, r12\n\t ssat \\sum, #8, \\sum, asr #12\n\t .endr\n\t" \
    "b 8f\n\t"                                                                                     \
    "5:\n\t"                                                                                       \
    "lsl lr, r4, r1\n\t"                                                                           \
    TE_CONV_SIGNED_PAIR("r5", "r6", "r2")                                                          \
    TE_CONV_SIGNED_PAIR("r7", "r8", "r2")                                                          \
    "ldr r4, " TE_WINOGRAD_AT(OFFSET) "\n\t"                                                       \
    "mov r1, r9\n\t"                                                                               \
    "lsl lr, r4, r1\n\t"                                                                           \
    TE_CONV_SIGNED_PAIR("r9", "r10", "r3")                                                         \
    TE_CONV_SIGNED_PAIR("r11", "r12", "r3")                                                        \
    "8:\n\t"

/* Stores one output column of both tiles: r1 is where, r2 to r4 the steps from there. */
#define TE_WINOGRAD_STORE                                                                          \
    "bfi r5, r9, #8, #8\n\t"                                                                       \
    "bfi r6, r10, #8, #8\n\t"                                                                      \
    "strh r5, [r1]\n\t"                                                                            \
    "bfi r7, r11, #8, #8\n\t"                                                                      \
    "strh r6, [r1, r2]\n\t"                                                                        \
    "bfi r8, r12, #8, #8\n\t"                                                                      \
    "strh r7, [r1, r3]\n\t"                                                                        \
    "strh r8, [r1, r4]\n\t"
/* clang-format on */

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
#include "te_dsp_winograd_loops.h"
#pragma GCC diagnostic pop

#else

/* The sums of a phase: of channel c and tile t in sums[2 * c + t], of its second row 4 behind. */
static inline const int32_t *te_winograd_phase(const int32_t *x, const int32_t *x_end,
                                               const int32_t *u, int32_t *sums)
{
    for (; x != x_end; x += 4, u += 4) {
        for (int32_t channel = 0; channel < 2; channel++) {
            for (int32_t tile = 0; tile < 2; tile++) {
                int32_t *const sum = sums + 2 * channel + tile;
                sum[0] = te_smlad(u[channel], x[tile], sum[0]);
                sum[4] = te_smlad(u[2 + channel], x[2 + tile], sum[4]);
            }
        }
    }
    return u;
}

static inline int32_t te_winograd_sum(int32_t x, int32_t y)
{
    return (int32_t)((uint32_t)x + (uint32_t)y);
}

static inline int32_t te_winograd_difference(int32_t x, int32_t y)
{
    return (int32_t)((uint32_t)x - (uint32_t)y);
}

/* The sums of a column: first row, then second row. */
static inline const int32_t *te_winograd_column(const te_winograd_block *block, int32_t phase,
                                                const int32_t *u, int32_t *sums)
{
    const int32_t *const x = phase == 0 ? block->x : block->x_end[phase - 1];
    for (int32_t i = 0; i < 8; i++) {
        sums[i] = 0;
    }
    u = te_winograd_phase(x, block->x_end[phase], u, sums);
    for (int32_t i = 0; i < 4; i++) {
        const int32_t sum = te_winograd_sum(sums[i], sums[4 + i]);
        sums[4 + i] = te_winograd_difference(sums[i], sums[4 + i]);
        sums[i] = sum;
    }
    return te_winograd_phase(block->x_end[phase], block->x_end[phase + 1], u, sums);
}

/* Stores output column `column` of both tiles; gives what is behind the factors at `u`. */
static inline const int32_t *te_winograd_store(const te_winograd_block *block, int8_t *out,
                                               const int32_t *u, const int32_t *sums)
{
    for (int32_t channel = 0; channel < 2; channel++) {
        for (int32_t i = 0; i < 4; i++) {
            const int32_t sum = sums[2 * channel + 4 * (i / 2) + i % 2];
            const int32_t scaled = te_winograd_sum(u[3 * channel], (int32_t)((uint32_t)sum << 6));
            te_conv_block rounding = {0};
            rounding.rounding = block->rounding;
            rounding.offset = block->offset;
            out[i / 2 * block->row + i % 2 * block->two_pixels + channel] =
                te_conv_output_w8(&rounding, scaled, u[1 + channel]);
        }
    }
    return u + 4;
}

/* Does what the assembly does. */
TE_SHARED void te_winograd_dot(const te_winograd_block *block)
{
    const int32_t *u = block->weight;
    int8_t *out = block->out;
    while (u != block->weight_end) {
        int32_t sums[4][8];
        u = te_winograd_column(block, 0, u, sums[1]);
        u = te_winograd_column(block, 2, u, sums[2]);
        u = te_winograd_column(block, 4, u, sums[3]);
        for (int32_t i = 0; i < 8; i++) {
            const int32_t difference = te_winograd_difference(sums[1][i], sums[2][i]);
            sums[3][i] = te_winograd_sum(difference, sums[3][i]);
        }
        u = te_winograd_store(block, out + block->two_pixels / 2, u, sums[3]);
        u = te_winograd_column(block, 6, u, sums[0]);
        for (int32_t i = 0; i < 8; i++) {
            const int32_t sum = te_winograd_sum(sums[1][i], sums[2][i]);
            sums[0][i] = te_winograd_sum(sum, sums[0][i]);
        }
        u = te_winograd_store(block, out, u, sums[0]);
        out += 2;
    }
}

#endif

#endif
