/* Dot products of depthwise kernels over lines of pairs, and their portable twins.
 *
 * A line of pairs holds a word per column of the padded input: that column's elements in two rows.
 * Several channels ("lanes") have their lines one behind the other, `stride * outputs + taps - 1`
 * words each, and their sums, `outputs` each, an even number.
 *
 * te_depthwise_pairs_K_S, for all lanes: sums[i] += sum over kw of x[i * S + kw] . weight[kw]; in
 * the first pass sums[i] is the bias.
 *
 * Registers: r0-r3 sums; from r4 weights; then words of x, two or four at a time; r11 x, r12 sums,
 * lr how many are left. Seven weights leave room for two sums at a time only. The rest is in the
 * frame.
 */
#ifndef TE_DSP_DEPTHWISE_PAIRS_H
#define TE_DSP_DEPTHWISE_PAIRS_H

#include "te_dsp.h"

/* One line of pairs. Assembly reads the members by their places. */
typedef struct {
    const int32_t *weight;     /* of the first lane */
    int32_t record_bytes;      /* from one lane's weights to the next's */
    int32_t to_bias;           /* bytes from the weights of a lane to its bias */
    int32_t bias;              /* not read */
    int32_t outputs;           /* even */
    const int32_t *weight_end; /* behind the last lane */
    const int32_t *x;
    int32_t *sums;
    int32_t is_first;
} te_depthwise_pairs;

#if TE_HAS_DSP

/* The frame is the pass, up to x; weight, which is loaded with record_bytes, is the lane's. */
#define TE_PAIRS_FRAME_WEIGHT 0
#define TE_PAIRS_FRAME_TO_BIAS 8
#define TE_PAIRS_FRAME_BIAS 12
#define TE_PAIRS_FRAME_OUTPUTS 16
#define TE_PAIRS_FRAME_WEIGHT_END 20
#define TE_PAIRS_FRAME_NBYTES 24
#define TE_PAIRS_AT(name) "[sp, #" TE_TEXT(TE_PAIRS_FRAME_##name) "]"

TE_HOLD(te_depthwise_pairs, weight, TE_PAIRS_FRAME_WEIGHT);
TE_HOLD(te_depthwise_pairs, record_bytes, TE_PAIRS_FRAME_WEIGHT + 4);
TE_HOLD(te_depthwise_pairs, to_bias, TE_PAIRS_FRAME_TO_BIAS);
TE_HOLD(te_depthwise_pairs, bias, TE_PAIRS_FRAME_BIAS);
TE_HOLD(te_depthwise_pairs, outputs, TE_PAIRS_FRAME_OUTPUTS);
TE_HOLD(te_depthwise_pairs, weight_end, TE_PAIRS_FRAME_WEIGHT_END);
TE_HOLD(te_depthwise_pairs, x, TE_PAIRS_FRAME_NBYTES);
TE_HOLD(te_depthwise_pairs, is_first, 32);

#include "te_dsp_depthwise_pairs_groups.h"

/* clang-format off */
/* Goes to the next lane's weights; r0 and r1 are them and those after. */
#define TE_DEPTHWISE_LANE(weights)                                                                 \
    "ldrd r0, r1, " TE_PAIRS_AT(WEIGHT) "\n\t"                                                     \
    "add r1, r0, r1\n\t"                                                                           \
    "str r1, " TE_PAIRS_AT(WEIGHT) "\n\t"                                                          \
    "ldm r0, " weights "\n\t"                                                                      \
    "ldr lr, " TE_PAIRS_AT(OUTPUTS) "\n\t"

#define TE_DEPTHWISE_LANE_BIAS(weights)                                                            \
    TE_DEPTHWISE_LANE(weights)                                                                     \
    "ldr r1, " TE_PAIRS_AT(TO_BIAS) "\n\t"                                                         \
    "ldr r1, [r0, r1]\n\t"                                                                         \
    "str r1, " TE_PAIRS_AT(BIAS) "\n\t"

/* Groups of four, then one of two. */
#define TE_DEPTHWISE_LOOP_4(four, two)                                                             \
    "subs lr, lr, #4\n\t"                                                                          \
    "blt 2f\n\t"                                                                                   \
    "1:\n\t" four "subs lr, lr, #4\n\t"                                                            \
    "bge 1b\n\t"                                                                                   \
    "2: adds lr, lr, #4\n\t"                                                                       \
    "beq 3f\n\t" two "3:\n\t"

/* Groups of two. */
#define TE_DEPTHWISE_LOOP_2(two)                                                                   \
    "1:\n\t" two "subs lr, lr, #2\n\t"                                                             \
    "bgt 1b\n\t"

/* To label `lane` until all lanes are done; `over` are the bytes between the lines. */
#define TE_DEPTHWISE_NEXT(lane, over)                                                              \
    "add r11, r11, " over "\n\t"                                                                   \
    "ldr r0, " TE_PAIRS_AT(WEIGHT) "\n\t"                                                          \
    "ldr r1, " TE_PAIRS_AT(WEIGHT_END) "\n\t"                                                      \
    "cmp r0, r1\n\t"                                                                               \
    "bne.w " lane "b\n\t"

#define TE_DEPTHWISE_PAIRS_BY_4(weights, over, four, two)                                          \
    "push {r4-r11, lr}\n\t"                                                                        \
    "ldm r0, {r0-r8}\n\t"                                                                          \
    "push {r0-r5}\n\t"                                                                             \
    "mov r11, r6\n\t"                                                                              \
    "mov r12, r7\n\t"                                                                              \
    "cmp r8, #0\n\t"                                                                               \
    "bne.w 5f\n\t"                                                                                 \
    "4:\n\t"                                                                                       \
    TE_DEPTHWISE_LANE(weights)                                                                     \
    TE_DEPTHWISE_LOOP_4(TE_DEPTHWISE_SUMS_4(four), TE_DEPTHWISE_SUMS_2(two))                       \
    TE_DEPTHWISE_NEXT("4", over)                                                                   \
    "add sp, sp, #" TE_TEXT(TE_PAIRS_FRAME_NBYTES) "\n\t"                                          \
    "pop {r4-r11, pc}\n\t"                                                                         \
    "5:\n\t"                                                                                       \
    TE_DEPTHWISE_LANE_BIAS(weights)                                                                \
    TE_DEPTHWISE_LOOP_4(TE_DEPTHWISE_BIAS_4(four), TE_DEPTHWISE_BIAS_2(two))                       \
    TE_DEPTHWISE_NEXT("5", over)                                                                   \
    "add sp, sp, #" TE_TEXT(TE_PAIRS_FRAME_NBYTES) "\n\t"                                          \
    "pop {r4-r11, pc}\n\t"

#define TE_DEPTHWISE_PAIRS_BY_2(weights, over, two)                                                \
    "push {r4-r11, lr}\n\t"                                                                        \
    "ldm r0, {r0-r8}\n\t"                                                                          \
    "push {r0-r5}\n\t"                                                                             \
    "mov r11, r6\n\t"                                                                              \
    "mov r12, r7\n\t"                                                                              \
    "cmp r8, #0\n\t"                                                                               \
    "bne.w 5f\n\t"                                                                                 \
    "4:\n\t"                                                                                       \
    TE_DEPTHWISE_LANE(weights)                                                                     \
    TE_DEPTHWISE_LOOP_2(TE_DEPTHWISE_SUMS_2(two))                                                  \
    TE_DEPTHWISE_NEXT("4", over)                                                                   \
    "add sp, sp, #" TE_TEXT(TE_PAIRS_FRAME_NBYTES) "\n\t"                                          \
    "pop {r4-r11, pc}\n\t"                                                                         \
    "5:\n\t"                                                                                       \
    TE_DEPTHWISE_LANE_BIAS(weights)                                                                \
    TE_DEPTHWISE_LOOP_2(TE_DEPTHWISE_BIAS_2(two))                                                  \
    TE_DEPTHWISE_NEXT("5", over)                                                                   \
    "add sp, sp, #" TE_TEXT(TE_PAIRS_FRAME_NBYTES) "\n\t"                                          \
    "pop {r4-r11, pc}\n\t"

TE_NAKED static void te_depthwise_pairs_3_1(const te_depthwise_pairs *pass __attribute__((unused)))
{
    __asm__ volatile(TE_DEPTHWISE_PAIRS_BY_4("{r4-r6}", "#8", TE_DEPTHWISE_PAIRS_3_1_4,
                                             TE_DEPTHWISE_PAIRS_3_1_2));
}

TE_NAKED static void te_depthwise_pairs_3_2(const te_depthwise_pairs *pass __attribute__((unused)))
{
    __asm__ volatile(TE_DEPTHWISE_PAIRS_BY_4("{r4-r6}", "#8", TE_DEPTHWISE_PAIRS_3_2_4,
                                             TE_DEPTHWISE_PAIRS_3_2_2));
}

TE_NAKED static void te_depthwise_pairs_5_1(const te_depthwise_pairs *pass __attribute__((unused)))
{
    __asm__ volatile(TE_DEPTHWISE_PAIRS_BY_4("{r4-r8}", "#16", TE_DEPTHWISE_PAIRS_5_1_4,
                                             TE_DEPTHWISE_PAIRS_5_1_2));
}

TE_NAKED static void te_depthwise_pairs_5_2(const te_depthwise_pairs *pass __attribute__((unused)))
{
    __asm__ volatile(TE_DEPTHWISE_PAIRS_BY_4("{r4-r8}", "#16", TE_DEPTHWISE_PAIRS_5_2_4,
                                             TE_DEPTHWISE_PAIRS_5_2_2));
}

TE_NAKED static void te_depthwise_pairs_7_1(const te_depthwise_pairs *pass __attribute__((unused)))
{
    __asm__ volatile(TE_DEPTHWISE_PAIRS_BY_2("{r4-r10}", "#24", TE_DEPTHWISE_PAIRS_7_1_2));
}

TE_NAKED static void te_depthwise_pairs_7_2(const te_depthwise_pairs *pass __attribute__((unused)))
{
    __asm__ volatile(TE_DEPTHWISE_PAIRS_BY_2("{r4-r10}", "#24", TE_DEPTHWISE_PAIRS_7_2_2));
}
/* clang-format on */

#else

static inline void te_depthwise_pairs_of(const te_depthwise_pairs *pass, int32_t taps,
                                         int32_t stride)
{
    const int32_t *x = pass->x;
    int32_t *sums = pass->sums;
    const int32_t *weight = pass->weight;
    for (; weight != pass->weight_end; weight += pass->record_bytes / 4) {
        for (int32_t i = 0; i < pass->outputs; i++) {
            int32_t sum = pass->is_first ? weight[pass->to_bias / 4] : sums[i];
            for (int32_t kw = 0; kw < taps; kw++) {
                sum = te_smlad(x[i * stride + kw], weight[kw], sum);
            }
            sums[i] = sum;
        }
        x += pass->outputs * stride + taps - 1;
        sums += pass->outputs;
    }
}

static inline void te_depthwise_pairs_3_1(const te_depthwise_pairs *pass)
{
    te_depthwise_pairs_of(pass, 3, 1);
}

static inline void te_depthwise_pairs_3_2(const te_depthwise_pairs *pass)
{
    te_depthwise_pairs_of(pass, 3, 2);
}

static inline void te_depthwise_pairs_5_1(const te_depthwise_pairs *pass)
{
    te_depthwise_pairs_of(pass, 5, 1);
}

static inline void te_depthwise_pairs_5_2(const te_depthwise_pairs *pass)
{
    te_depthwise_pairs_of(pass, 5, 2);
}

static inline void te_depthwise_pairs_7_1(const te_depthwise_pairs *pass)
{
    te_depthwise_pairs_of(pass, 7, 1);
}

static inline void te_depthwise_pairs_7_2(const te_depthwise_pairs *pass)
{
    te_depthwise_pairs_of(pass, 7, 2);
}

#endif

#endif
