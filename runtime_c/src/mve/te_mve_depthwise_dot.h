/* Depthwise convolution for MVE: the dot products of a strip of windows, channel by channel.
 *
 * Four rows of a column make a word of each of 16 channels. A window's words stand 64 bytes apart;
 * one gathering load takes four of them, and VMLADAV multiplies their 16 taps with a channel's
 * weights and adds all products. Sums wait in memory to be requantized four channels at a time.
 */
#ifndef TE_MVE_DEPTHWISE_DOT_H
#define TE_MVE_DEPTHWISE_DOT_H

#include "te_mve_depthwise_call.h"
#include "te_requantize.h"

#define TE_MVE_QUAD 4           /* channels requantized at a time */
#define TE_MVE_VECTOR_NBYTES 16 /* four words */

/* A strip of windows of up to 16 channels. Assembly reads the members by their places.
 *
 * A record of four channels is: for each vector of 16 taps those of every channel, then as int32
 * four biases, four multipliers and four shifts as in te_mve_conv_block.
 */
typedef struct {
    const int8_t *words;   /* the first word of the first window */
    int32_t word_step;     /* bytes from word to word of a window; 64 for more than one vector */
    int32_t step;          /* bytes from window to window */
    int32_t pixels;        /* windows, at least 1 */
    int32_t channels;      /* in [1, 16] */
    const int32_t *weight; /* records */
    int32_t *sums;         /* place for [pixels, 4] */
    int8_t *out;
    int32_t out_step; /* bytes from pixel to pixel */
    int32_t zero_point;
    int32_t act_min;
    int32_t act_max;
    int32_t is_signed; /* whether outputs of negative sums differ */
} te_mve_depthwise_block;

#if TE_HAS_MVE

/* Where assembly finds members, some together with the next one. */
#define TE_MVE_BLOCK_WORDS 0
#define TE_MVE_BLOCK_STEP 8
#define TE_MVE_BLOCK_CHANNELS 16
#define TE_MVE_BLOCK_WEIGHT 20
#define TE_MVE_BLOCK_SUMS 24
#define TE_MVE_BLOCK_OUT 28
#define TE_MVE_BLOCK_ZERO_POINT 36
#define TE_MVE_BLOCK_ACT_MIN 40
#define TE_MVE_BLOCK_IS_SIGNED 48
#define TE_MVE_BLOCK_AT(block, name) "[" block ", #" TE_TEXT(TE_MVE_BLOCK_##name) "]"

TE_HOLD(te_mve_depthwise_block, words, TE_MVE_BLOCK_WORDS);
TE_HOLD(te_mve_depthwise_block, word_step, TE_MVE_BLOCK_WORDS + 4);
TE_HOLD(te_mve_depthwise_block, step, TE_MVE_BLOCK_STEP);
TE_HOLD(te_mve_depthwise_block, pixels, TE_MVE_BLOCK_STEP + 4);
TE_HOLD(te_mve_depthwise_block, channels, TE_MVE_BLOCK_CHANNELS);
TE_HOLD(te_mve_depthwise_block, weight, TE_MVE_BLOCK_WEIGHT);
TE_HOLD(te_mve_depthwise_block, sums, TE_MVE_BLOCK_SUMS);
TE_HOLD(te_mve_depthwise_block, out, TE_MVE_BLOCK_OUT);
TE_HOLD(te_mve_depthwise_block, out_step, TE_MVE_BLOCK_OUT + 4);
TE_HOLD(te_mve_depthwise_block, zero_point, TE_MVE_BLOCK_ZERO_POINT);
TE_HOLD(te_mve_depthwise_block, act_min, TE_MVE_BLOCK_ACT_MIN);
TE_HOLD(te_mve_depthwise_block, act_max, TE_MVE_BLOCK_ACT_MIN + 4);
TE_HOLD(te_mve_depthwise_block, is_signed, TE_MVE_BLOCK_IS_SIGNED);

/* clang-format off */
/* Requantizes and stores four channels of a pixel: sums from r1, outputs to r2. q0 to q2 are the
 * channels' factors, r9, q3 and q5 the output's zero point and clamp.
 */
#define TE_MVE_DEPTHWISE_REQUANTIZE(multiply, rounding)                                                      \
    "vldrw.32 q6, [r1], #16\n\t"                                                                   \
    "vadd.i32 q6, q6, q0\n\t"                                                                      \
    multiply ".s32 q6, q6, q1\n\t"                                                                 \
    rounding                                                                                       \
    "vrshl.s32 q6, q6, q2\n\t"                                                                     \
    "vadd.i32 q6, q6, r9\n\t"                                                                      \
    "vmax.s32 q6, q6, q3\n\t"                                                                      \
    "vmin.s32 q6, q6, q5\n\t"                                                                      \
    "vpst\n\t"                                                                                     \
    "vstrbt.32 q6, [r2]\n\t"                                                                       \
    "add r2, r2, r10\n\t"

/* VRSHL rounds halves up, te_requantize away from zero. */
#define TE_MVE_DEPTHWISE_SIGNED                                                                    \
    "vshr.s32 q7, q6, #31\n\t"                                                                     \
    "vadd.i32 q6, q6, q7\n\t"

/* Outputs of all pixels of four channels, by what the block says. */
#define TE_MVE_DEPTHWISE_TWICE                                                                     \
            "ldr r4, " TE_MVE_BLOCK_AT("r11", IS_SIGNED) "\n\t"                                    \
            "cbnz r4, 7f\n"                                                                        \
            "6:\n\t"                                                                               \
            TE_MVE_DEPTHWISE_REQUANTIZE("vqrdmulh", "")                                            \
            "le lr, 6b\n\t"                                                                        \
            "b 8f\n"                                                                               \
            "7:\n\t"                                                                               \
            TE_MVE_DEPTHWISE_REQUANTIZE("vqrdmulh", TE_MVE_DEPTHWISE_SIGNED)                       \
            "le lr, 7b\n"

/* Outputs that are rounded once, halves up. */
#define TE_MVE_DEPTHWISE_ONCE                                                                      \
            "6:\n\t"                                                                               \
            TE_MVE_DEPTHWISE_REQUANTIZE("vqdmulh", "")                                             \
            "le lr, 6b\n"

/* All channels, four at a time: `dots` takes the weights from r5 and leaves r5 behind them, and
 * puts the sums where r1 points. r3 is the output, r7 the first word of the first channel, r8 the
 * step, r11 the block, r12 the pixels; q4 is where the words of a window stand, `centre` bytes
 * further.
 */
#define TE_MVE_DEPTHWISE_DOT(centre, outputs, dots)                                                         \
    __asm__("push {r4-r11, lr}\n\t"                                                                \
            "vpush {d8-d15}\n\t"                                                                   \
            "mov r11, r0\n\t"                                                                      \
            "ldrd r7, r2, " TE_MVE_BLOCK_AT("r11", WORDS) "\n\t"                                   \
            "ldrd r8, r12, " TE_MVE_BLOCK_AT("r11", STEP) "\n\t"                                   \
            "ldr r5, " TE_MVE_BLOCK_AT("r11", WEIGHT) "\n\t"                                       \
            "ldrd r3, r10, " TE_MVE_BLOCK_AT("r11", OUT) "\n\t"                                    \
            "ldr r9, " TE_MVE_BLOCK_AT("r11", ZERO_POINT) "\n\t"                                   \
            "mov r0, #" centre "\n\t"                                                              \
            "add r1, r0, r2\n\t"                                                                   \
            "vmov d8, r0, r1\n\t"                                                                  \
            "add r0, r1, r2\n\t"                                                                   \
            "add r1, r0, r2\n\t"                                                                   \
            "vmov d9, r0, r1\n\t"                                                                  \
            "ldr r0, " TE_MVE_BLOCK_AT("r11", CHANNELS) "\n\t"                                     \
            "push {r0}\n"                                                                          \
            "1:\n\t"                                                                               \
            "ldr r1, " TE_MVE_BLOCK_AT("r11", SUMS) "\n\t"                                         \
            dots                                                                                   \
            "ldr r1, " TE_MVE_BLOCK_AT("r11", SUMS) "\n\t"                                         \
            "ldrd r0, r2, " TE_MVE_BLOCK_AT("r11", ACT_MIN) "\n\t"                                 \
            "vdup.32 q3, r0\n\t"                                                                   \
            "vdup.32 q5, r2\n\t"                                                                   \
            "vldmia r5!, {d0-d5}\n\t"                                                              \
            "ldr r0, [sp]\n\t"                                                                     \
            "vctp.32 r0\n\t"                                                                       \
            "mov r2, r3\n\t"                                                                       \
            "dls lr, r12\n\t"                                                                      \
            outputs                                                                                \
            "8:\n\t"                                                                               \
            "add r3, r3, #4\n\t"                                                                   \
            "add r7, r7, #16\n\t"                                                                  \
            "subs r0, r0, #4\n\t"                                                                  \
            "str r0, [sp]\n\t"                                                                     \
            "bgt.w 1b\n\t"                                                                         \
            "add sp, sp, #4\n\t"                                                                   \
            "vpop {d8-d15}\n\t"                                                                    \
            "pop {r4-r11, pc}\n\t")

/* Windows of one vector: the weights of four channels stay in q0 to q3. 13 instructions for four
 * sums.
 */
#define TE_MVE_DEPTHWISE_TAPS_1                                                                    \
        "vldmia r5!, {d0-d7}\n\t"                                                                  \
        "vadd.i32 q5, q4, r7\n\t"                                                                  \
        "dls lr, r12\n"                                                                            \
        "2:\n\t"                                                                                   \
        "vldrw.u32 q6, [q5]\n\t"                                                                   \
        "vldrw.u32 q7, [q5, #4]\n\t"                                                               \
        "vmlav.s8 r0, q0, q6\n\t"                                                                  \
        "vldrw.u32 q6, [q5, #8]\n\t"                                                               \
        "vmlav.s8 r2, q1, q7\n\t"                                                                  \
        "vldrw.u32 q7, [q5, #12]\n\t"                                                              \
        "vmlav.s8 r4, q2, q6\n\t"                                                                  \
        "vmlav.s8 r6, q3, q7\n\t"                                                                  \
        "vadd.i32 q5, q5, r8\n\t"                                                                  \
        "vmov d12, r0, r2\n\t"                                                                     \
        "vmov d13, r4, r6\n\t"                                                                     \
        "vstrw.32 q6, [r1], #16\n\t"                                                               \
        "le lr, 2b\n\t"

TE_NAKED static void
te_mve_depthwise_dot_1(const te_mve_depthwise_block *block __attribute__((unused)))
{
    TE_MVE_DEPTHWISE_DOT("0", TE_MVE_DEPTHWISE_TWICE, TE_MVE_DEPTHWISE_TAPS_1);
}

TE_NAKED static void
te_mve_depthwise_dot_1_once(const te_mve_depthwise_block *block __attribute__((unused)))
{
    TE_MVE_DEPTHWISE_DOT("0", TE_MVE_DEPTHWISE_ONCE, TE_MVE_DEPTHWISE_TAPS_1);
}

/* Windows of several vectors: one channel after the other, whose weights are in q0 and on. An
 * instruction more than two for each vector, and two of the loop, for a sum.
 */
#define TE_MVE_DEPTHWISE_CHANNELS(loads, taps, nbytes)                                             \
        "mov r4, r7\n\t"                                                                           \
        "mov r6, #4\n"                                                                             \
        "2:\n\t"                                                                                   \
        loads                                                                                      \
        "add r5, r5, #16\n\t"                                                                      \
        "vadd.i32 q5, q4, r4\n\t"                                                                  \
        "add r4, r4, #4\n\t"                                                                       \
        "mov r2, r1\n\t"                                                                           \
        "add r1, r1, #4\n\t"                                                                       \
        "dls lr, r12\n"                                                                            \
        "3:\n\t"                                                                                   \
        taps                                                                                       \
        "vadd.i32 q5, q5, r8\n\t"                                                                  \
        "str r0, [r2], #16\n\t"                                                                    \
        "le lr, 3b\n\t"                                                                            \
        "subs r6, r6, #1\n\t"                                                                      \
        "bne 2b\n\t"                                                                               \
        "add r5, r5, #" nbytes "\n\t"

#define TE_MVE_DEPTHWISE_TAPS_2                                                                    \
        TE_MVE_DEPTHWISE_CHANNELS(                                                                 \
            "vldrw.32 q0, [r5]\n\t"                                                                \
            "vldrw.32 q1, [r5, #64]\n\t",                                                          \
            "vldrw.u32 q6, [q5, #-128]\n\t"                                                        \
            "vldrw.u32 q7, [q5, #128]\n\t"                                                         \
            "vmlav.s8 r0, q0, q6\n\t"                                                              \
            "vmlava.s8 r0, q1, q7\n\t",                                                            \
            "64")

TE_NAKED static void
te_mve_depthwise_dot_2(const te_mve_depthwise_block *block __attribute__((unused)))
{
    TE_MVE_DEPTHWISE_DOT("128", TE_MVE_DEPTHWISE_TWICE, TE_MVE_DEPTHWISE_TAPS_2);
}

TE_NAKED static void
te_mve_depthwise_dot_2_once(const te_mve_depthwise_block *block __attribute__((unused)))
{
    TE_MVE_DEPTHWISE_DOT("128", TE_MVE_DEPTHWISE_ONCE, TE_MVE_DEPTHWISE_TAPS_2);
}

#define TE_MVE_DEPTHWISE_TAPS_3                                                                    \
        TE_MVE_DEPTHWISE_CHANNELS(                                                                 \
            "vldrw.32 q0, [r5]\n\t"                                                                \
            "vldrw.32 q1, [r5, #64]\n\t"                                                           \
            "vldrw.32 q2, [r5, #128]\n\t",                                                         \
            "vldrw.u32 q6, [q5, #-256]\n\t"                                                        \
            "vldrw.u32 q7, [q5]\n\t"                                                               \
            "vmlav.s8 r0, q0, q6\n\t"                                                              \
            "vldrw.u32 q6, [q5, #256]\n\t"                                                         \
            "vmlava.s8 r0, q1, q7\n\t"                                                             \
            "vmlava.s8 r0, q2, q6\n\t",                                                            \
            "128")

TE_NAKED static void
te_mve_depthwise_dot_3(const te_mve_depthwise_block *block __attribute__((unused)))
{
    TE_MVE_DEPTHWISE_DOT("256", TE_MVE_DEPTHWISE_TWICE, TE_MVE_DEPTHWISE_TAPS_3);
}

TE_NAKED static void
te_mve_depthwise_dot_3_once(const te_mve_depthwise_block *block __attribute__((unused)))
{
    TE_MVE_DEPTHWISE_DOT("256", TE_MVE_DEPTHWISE_ONCE, TE_MVE_DEPTHWISE_TAPS_3);
}

#define TE_MVE_DEPTHWISE_TAPS_4                                                                    \
        TE_MVE_DEPTHWISE_CHANNELS(                                                                 \
            "vldrw.32 q0, [r5]\n\t"                                                                \
            "vldrw.32 q1, [r5, #64]\n\t"                                                           \
            "vldrw.32 q2, [r5, #128]\n\t"                                                          \
            "vldrw.32 q3, [r5, #192]\n\t",                                                         \
            "vldrw.u32 q6, [q5, #-384]\n\t"                                                        \
            "vldrw.u32 q7, [q5, #-128]\n\t"                                                        \
            "vmlav.s8 r0, q0, q6\n\t"                                                              \
            "vldrw.u32 q6, [q5, #128]\n\t"                                                         \
            "vmlava.s8 r0, q1, q7\n\t"                                                             \
            "vldrw.u32 q7, [q5, #384]\n\t"                                                         \
            "vmlava.s8 r0, q2, q6\n\t"                                                             \
            "vmlava.s8 r0, q3, q7\n\t",                                                            \
            "192")

TE_NAKED static void
te_mve_depthwise_dot_4(const te_mve_depthwise_block *block __attribute__((unused)))
{
    TE_MVE_DEPTHWISE_DOT("384", TE_MVE_DEPTHWISE_TWICE, TE_MVE_DEPTHWISE_TAPS_4);
}

TE_NAKED static void
te_mve_depthwise_dot_4_once(const te_mve_depthwise_block *block __attribute__((unused)))
{
    TE_MVE_DEPTHWISE_DOT("384", TE_MVE_DEPTHWISE_ONCE, TE_MVE_DEPTHWISE_TAPS_4);
}
/* clang-format on */

#else

/* The sum of one channel, `lane` of its record, over the window whose first word is `words`. */
static inline int32_t te_mve_depthwise_sum(const te_mve_depthwise_block *block, int32_t vectors,
                                           const int8_t *words, int32_t lane)
{
    int32_t sum = 0;
    for (int32_t word = 0; word < 4 * vectors; word++) {
        const int8_t *const taps = words + word * block->word_step;
        const int8_t *const weight = (const int8_t *)block->weight + 64 * (word / 4) +
                                     TE_MVE_VECTOR_NBYTES * lane + 4 * (word % 4);
        for (int32_t tap = 0; tap < 4; tap++) {
            sum += taps[tap] * weight[tap];
        }
    }
    return sum;
}

static inline int8_t te_mve_depthwise_output(const te_mve_depthwise_block *block,
                                             const int32_t *factors, int32_t sum, te_mve_way way)
{
    const int32_t rounded =
        te_mve_requantize(sum + factors[0], factors[TE_MVE_QUAD], factors[2 * TE_MVE_QUAD], way);
    return (int8_t)te_clamp(rounded + block->zero_point, block->act_min, block->act_max);
}

static inline void te_mve_depthwise_dot(const te_mve_depthwise_block *whole, int32_t vectors,
                                        te_mve_way way)
{
    te_mve_depthwise_block block = *whole;
    for (; block.channels > 0; block.channels -= TE_MVE_QUAD) {
        const int32_t *const factors = block.weight + vectors * TE_MVE_WORDS_NBYTES / 4;
        for (int32_t i = 0; i < TE_MVE_QUAD * block.pixels; i++) {
            const int32_t lane = i % TE_MVE_QUAD;
            const int8_t *const words = block.words + i / TE_MVE_QUAD * block.step + 4 * lane;
            block.sums[i] = te_mve_depthwise_sum(&block, vectors, words, lane);
        }
        for (int32_t i = 0; i < TE_MVE_QUAD * block.pixels; i++) {
            const int32_t lane = i % TE_MVE_QUAD;
            int8_t *const out = block.out + i / TE_MVE_QUAD * block.out_step;
            if (lane < block.channels) {
                out[lane] = te_mve_depthwise_output(&block, factors + lane, block.sums[i], way);
            }
        }
        block.words += 4 * TE_MVE_QUAD;
        block.weight = factors + 3 * TE_MVE_QUAD;
        block.out += TE_MVE_QUAD;
    }
}

static inline te_mve_way te_mve_depthwise_way(const te_mve_depthwise_block *block)
{
    return block->is_signed != 0 ? TE_MVE_TWICE_SIGNED : TE_MVE_TWICE_UP;
}

static inline void te_mve_depthwise_dot_1(const te_mve_depthwise_block *block)
{
    te_mve_depthwise_dot(block, 1, te_mve_depthwise_way(block));
}

static inline void te_mve_depthwise_dot_1_once(const te_mve_depthwise_block *block)
{
    te_mve_depthwise_dot(block, 1, TE_MVE_ONCE);
}

static inline void te_mve_depthwise_dot_2(const te_mve_depthwise_block *block)
{
    te_mve_depthwise_dot(block, 2, te_mve_depthwise_way(block));
}

static inline void te_mve_depthwise_dot_2_once(const te_mve_depthwise_block *block)
{
    te_mve_depthwise_dot(block, 2, TE_MVE_ONCE);
}

static inline void te_mve_depthwise_dot_3(const te_mve_depthwise_block *block)
{
    te_mve_depthwise_dot(block, 3, te_mve_depthwise_way(block));
}

static inline void te_mve_depthwise_dot_3_once(const te_mve_depthwise_block *block)
{
    te_mve_depthwise_dot(block, 3, TE_MVE_ONCE);
}

static inline void te_mve_depthwise_dot_4(const te_mve_depthwise_block *block)
{
    te_mve_depthwise_dot(block, 4, te_mve_depthwise_way(block));
}

static inline void te_mve_depthwise_dot_4_once(const te_mve_depthwise_block *block)
{
    te_mve_depthwise_dot(block, 4, TE_MVE_ONCE);
}

#endif

#endif
