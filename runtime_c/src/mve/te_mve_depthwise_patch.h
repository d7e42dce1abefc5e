/* Depthwise convolution for MVE: four outputs from one patch, channel by channel.
 *
 * Four rows of a column make a word of each of 16 channels, as in te_mve_depthwise_dot.h. Four words
 * are a patch of 4x4 elements: the windows of 2x2 outputs, if a window is at most 3x3 and they are
 * next to each other. One gathering load takes a patch; four forms of the weights, shifted by
 * a row, a column or both, multiply it.
 */
#ifndef TE_MVE_DEPTHWISE_PATCH_H
#define TE_MVE_DEPTHWISE_PATCH_H

#include "te_mve.h"
#include "te_mve_depthwise_dot.h"

#define TE_MVE_PATCH_RECORD 8 /* words of a record */

/* A strip of one or two output rows of up to 16 channels. Assembly reads the members by their places.
 *
 * A record of a channel is a word of zeros, three words of weights (a column of the window each, its
 * last byte 0), another word of zeros, a bias, a multiplier and a shift as in te_mve_conv_block.
 * Outputs are clamped to int8.
 *
 * Four columns are stored at a time, in the order 0, 2, 1, 3: `places` are the bytes from the first
 * column's place, for each column those in the first and in the second row; of one row, the second
 * ones are 0.
 */
typedef struct {
    const int8_t *words;       /* the word of the first channel in the first column */
    int32_t quads;             /* how often there are four columns */
    int32_t rest;              /* columns after that, 0 to 3 */
    uint32_t lanes;            /* their bytes in a vector of both rows: 0xf, 0xf0f or 0xfff */
    const int32_t *weight;     /* records */
    const int32_t *weight_end; /* behind the last one */
    int8_t *out;               /* the first row */
    int32_t out_step;          /* bytes of four columns */
    int32_t zero_point;
    uint16_t places[8];
    int32_t to_second;  /* bytes from the first row to the second one */
    int32_t back;       /* bytes from behind all columns to the next channel's first output */
    int32_t words_back; /* and the same of words */
    int32_t rows;       /* 1 or 2 */
} te_mve_patch;

#if TE_HAS_MVE

#define TE_MVE_PATCH_WORDS 0
#define TE_MVE_PATCH_QUADS 4
#define TE_MVE_PATCH_REST 8
#define TE_MVE_PATCH_WEIGHT 16
#define TE_MVE_PATCH_WEIGHT_END 20
#define TE_MVE_PATCH_OUT 24
#define TE_MVE_PATCH_ZERO_POINT 32
#define TE_MVE_PATCH_PLACES 36
#define TE_MVE_PATCH_TO_SECOND 52
#define TE_MVE_PATCH_BACK 56
#define TE_MVE_PATCH_AT(name) "[r11, #" TE_TEXT(TE_MVE_PATCH_##name) "]"

TE_HOLD(te_mve_patch, words, TE_MVE_PATCH_WORDS);
TE_HOLD(te_mve_patch, quads, TE_MVE_PATCH_QUADS);
TE_HOLD(te_mve_patch, rest, TE_MVE_PATCH_REST);
TE_HOLD(te_mve_patch, lanes, TE_MVE_PATCH_REST + 4);
TE_HOLD(te_mve_patch, weight, TE_MVE_PATCH_WEIGHT);
TE_HOLD(te_mve_patch, weight_end, TE_MVE_PATCH_WEIGHT_END);
TE_HOLD(te_mve_patch, out, TE_MVE_PATCH_OUT);
TE_HOLD(te_mve_patch, out_step, TE_MVE_PATCH_OUT + 4);
TE_HOLD(te_mve_patch, zero_point, TE_MVE_PATCH_ZERO_POINT);
TE_HOLD(te_mve_patch, places, TE_MVE_PATCH_PLACES);
TE_HOLD(te_mve_patch, to_second, TE_MVE_PATCH_TO_SECOND);
TE_HOLD(te_mve_patch, back, TE_MVE_PATCH_BACK);
TE_HOLD(te_mve_patch, words_back, TE_MVE_PATCH_BACK + 4);

/* clang-format off */
/* Sums of columns 0 and 1, or 2 and 3, in lanes `first` and `second`: of row 0 in q6, of row 1 in q7. */
#define TE_MVE_PATCH_SUMS_2(first, second)                                                         \
    "vldrw.u32 q4, [q5, #128]!\n\t"                                                                \
    "vmlav.s8 r0, q4, q0\n\t"                                                                      \
    "vmlav.s8 r2, q4, q1\n\t"                                                                      \
    "vmlav.s8 r4, q4, q2\n\t"                                                                      \
    "vmlav.s8 r6, q4, q3\n\t"                                                                      \
    "vmov q6[" second "], q6[" first "], r0, r2\n\t"                                               \
    "vmov q7[" second "], q7[" first "], r4, r6\n\t"

/* The same of one row. */
#define TE_MVE_PATCH_SUMS_1(first, second)                                                         \
    "vldrw.u32 q4, [q5, #128]!\n\t"                                                                \
    "vmlav.s8 r0, q4, q0\n\t"                                                                      \
    "vmlav.s8 r2, q4, q1\n\t"                                                                      \
    "vmov q6[" second "], q6[" first "], r0, r2\n\t"

/* Requantizes sums of both rows; outputs are the even bytes of q6, in turns of row 0 and row 1. */
#define TE_MVE_PATCH_REQUANTIZE_2                                                                  \
    "vadd.i32 q6, q6, r1\n\t"                                                                      \
    "vadd.i32 q7, q7, r1\n\t"                                                                      \
    "vqrdmulh.s32 q6, q6, r3\n\t"                                                                  \
    "vqrdmulh.s32 q7, q7, r3\n\t"                                                                  \
    "vrshl.s32 q6, r5\n\t"                                                                         \
    "vrshl.s32 q7, r5\n\t"                                                                         \
    "vqmovnb.s32 q6, q6\n\t"                                                                       \
    "vqmovnt.s32 q6, q7\n\t"                                                                       \
    "vqadd.s16 q6, q6, r7\n\t"                                                                     \
    "vqmovnb.s16 q6, q6\n\t"

#define TE_MVE_PATCH_REQUANTIZE_1                                                                  \
    "vadd.i32 q6, q6, r1\n\t"                                                                      \
    "vqrdmulh.s32 q6, q6, r3\n\t"                                                                  \
    "vrshl.s32 q6, r5\n\t"                                                                         \
    "vqmovnb.s32 q6, q6\n\t"                                                                       \
    "vqadd.s16 q6, q6, r7\n\t"                                                                     \
    "vqmovnb.s16 q6, q6\n\t"

#define TE_MVE_PATCH_STORE_2(predicated, then) predicated "vstrb" then ".16 q6, [r8, q4]\n\t"
#define TE_MVE_PATCH_STORE_1(predicated, then) predicated "vstrb" then ".32 q6, [r8, q4]\n\t"
#define TE_MVE_PATCH_STORE_LAST_2                                                                  \
    "vmov.u8 r0, q6[0]\n\t"                                                                        \
    "vmov.u8 r4, q6[8]\n\t"                                                                        \
    "strb r0, [r8]\n\t" \
    "strb r4, [r8, r12]\n\t"
#define TE_MVE_PATCH_STORE_LAST_1                                                                  \
    "vmov.u8 r0, q6[0]\n\t"                                                                        \
    "strb r0, [r8]\n\t"

/* The one column that is left: row 0 in lane 0, row 1 in lane 2. */
#define TE_MVE_PATCH_LAST_2                                                                        \
    "vldrw.u32 q4, [q5, #128]!\n\t"                                                                \
    "vmlav.s8 r0, q4, q0\n\t"                                                                      \
    "vmlav.s8 r4, q4, q2\n\t"                                                                      \
    "vmov q6[2], q6[0], r0, r4\n\t"
#define TE_MVE_PATCH_LAST_1                                                                        \
    "vldrw.u32 q4, [q5, #128]!\n\t"                                                                \
    "vmlav.s8 r0, q4, q0\n\t"                                                                      \
    "vmov q6[2], q6[0], r0, r0\n\t"

/* For two rows 28 instructions for eight outputs of a channel, 18 around them; 14 more for a column
 * that is left, 28 for two or three. The forms of the weights are in q0 to q3, what multiplies row 0
 * first; q5 is where the words of a patch stand, 128 bytes before it. r1, r3 and r5 are the channel's
 * factors, r7 the zero point, r8 the output, r9 its step, r10 the record, r11 the block,
 * r12 the way to the second row.
 */
#define TE_MVE_PATCH_DOT(rows, offsets)                                                            \
    __asm__("push {r4-r11, lr}\n\t"                                                                \
            "vpush {d8-d15}\n\t"                                                                   \
            "mov r11, r0\n\t"                                                                      \
            "mov r0, #0\n\t"                                                                       \
            "vidup.u32 q5, r0, #8\n\t"                                                             \
            "vshl.i32 q5, q5, #3\n\t"                                                              \
            "ldr r0, " TE_MVE_PATCH_AT(WORDS) "\n\t"                                               \
            "sub r0, r0, #128\n\t"                                                                 \
            "vadd.i32 q5, q5, r0\n\t"                                                              \
            "ldr r10, " TE_MVE_PATCH_AT(WEIGHT) "\n\t"                                             \
            "ldrd r8, r9, " TE_MVE_PATCH_AT(OUT) "\n\t"                                            \
            "ldr r7, " TE_MVE_PATCH_AT(ZERO_POINT) "\n\t"                                          \
            "ldr r12, " TE_MVE_PATCH_AT(TO_SECOND) "\n"                                            \
            "1:\n\t"                                                                               \
            "vldrw.32 q0, [r10, #4]\n\t"                                                           \
            "ldrd r1, r3, [r10, #20]\n\t"                                                          \
            "ldr r5, [r10, #28]\n\t"                                                               \
            "vldrw.32 q1, [r10], #32\n\t"                                                          \
            "vshl.i32 q2, q0, #8\n\t"                                                              \
            "vshl.i32 q3, q1, #8\n\t"                                                              \
            "ldr r0, " TE_MVE_PATCH_AT(QUADS) "\n\t"                                               \
            "wls lr, r0, 3f\n"                                                                     \
            "2:\n\t"                                                                               \
            TE_MVE_PATCH_SUMS_##rows("0", "2")                                                     \
            TE_MVE_PATCH_SUMS_##rows("1", "3")                                                     \
            TE_MVE_PATCH_REQUANTIZE_##rows                                                         \
            offsets " q4, " TE_MVE_PATCH_AT(PLACES) "\n\t"                                         \
            TE_MVE_PATCH_STORE_##rows("", "")                                                      \
            "add r8, r8, r9\n\t"                                                                   \
            "le lr, 2b\n"                                                                          \
            "3:\n\t"                                                                               \
            "ldrd r0, r2, " TE_MVE_PATCH_AT(REST) "\n\t"                                           \
            "cmp r0, #1\n\t"                                                         \
            "blo.w 5f\n\t"                                                                       \
            "beq.w 4f\n\t"                                                                         \
            "vmsr p0, r2\n\t"                                                                      \
            TE_MVE_PATCH_SUMS_##rows("0", "2")                                                     \
            TE_MVE_PATCH_SUMS_##rows("1", "3")                                                     \
            TE_MVE_PATCH_REQUANTIZE_##rows                                                         \
            offsets " q4, " TE_MVE_PATCH_AT(PLACES) "\n\t"                                         \
            TE_MVE_PATCH_STORE_##rows("vpst\n\t", "t")                                             \
            "b.w 5f\n"                                                                             \
            "4:\n\t"                                                                               \
            TE_MVE_PATCH_LAST_##rows                                                               \
            TE_MVE_PATCH_REQUANTIZE_1                                                              \
            TE_MVE_PATCH_STORE_LAST_##rows                                                         \
            "5:\n\t"                                                                               \
            "ldrd r0, r2, " TE_MVE_PATCH_AT(BACK) "\n\t"                                           \
            "sub r8, r8, r0\n\t"                                                                   \
            "vsub.i32 q5, q5, r2\n\t"                                                              \
            "ldr r0, " TE_MVE_PATCH_AT(WEIGHT_END) "\n\t"                                          \
            "cmp r10, r0\n\t"                                                                      \
            "bne.w 1b\n\t"                                                                         \
            "vpop {d8-d15}\n\t"                                                                    \
            "pop {r4-r11, pc}\n\t")

TE_NAKED static void te_mve_patch_dot_2(const te_mve_patch *block __attribute__((unused)))
{
    TE_MVE_PATCH_DOT(2, "vldrh.u16");
}

TE_NAKED static void te_mve_patch_dot_1(const te_mve_patch *block __attribute__((unused)))
{
    TE_MVE_PATCH_DOT(1, "vldrw.u32");
}
/* clang-format on */

static inline void te_mve_patch_dot(const te_mve_patch *block)
{
    if (block->rows == 2) {
        te_mve_patch_dot_2(block);
    } else {
        te_mve_patch_dot_1(block);
    }
}

#else

/* The output of a channel whose words are at `words`, from row `row` of the patch on. */
static inline int8_t te_mve_patch_output(const te_mve_patch *block, const int8_t *words,
                                         const int32_t *record, int32_t row)
{
    int32_t sum = record[5];
    for (int32_t column = 0; column < 3; column++) {
        const int8_t *const taps = words + column * TE_MVE_WORDS_NBYTES + row;
        const int8_t *const weight = (const int8_t *)(record + 1 + column);
        sum += taps[0] * weight[0] + taps[1] * weight[1] + taps[2] * weight[2];
    }
    const int32_t rounded = te_mve_requantize(sum, record[6], record[7], TE_MVE_TWICE_UP);
    return (int8_t)te_clamp(rounded + block->zero_point, INT8_MIN, INT8_MAX);
}

static inline void te_mve_patch_dot(const te_mve_patch *block)
{
    const int32_t columns = 4 * block->quads + block->rest;
    const int32_t rows = block->rows;
    const int8_t *words = block->words;
    int8_t *out = block->out;
    for (const int32_t *record = block->weight; record != block->weight_end;
         record += TE_MVE_PATCH_RECORD) {
        for (int32_t i = 0; i < columns * rows; i++) {
            const int32_t column = i / rows;
            out[column * (block->out_step / 4) + block->places[i % rows]] =
                te_mve_patch_output(block, words + column * TE_MVE_WORDS_NBYTES, record, i % rows);
        }
        words += 4;
        out++;
    }
}

#endif

#endif
