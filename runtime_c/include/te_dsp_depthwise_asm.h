/* Dot products of depthwise kernels over expanded lines, and their portable twins.
 *
 * A line of pairs holds a word per column: that column's elements in two rows. A single line holds
 * a word per two columns of one row. Columns are those of the padded input; output i starts at
 * column i * stride.
 *
 *     te_depthwise_pairs_K_S:  sums[i] += sum over kw of x[i * S + kw] . weight[kw]
 *     te_depthwise_single_K_S: sums[i] += sum over kw of column i * S + kw times its weight
 *
 * for i in [0, count), in int32 modulo 2^32; up to 3 sums more are computed of whatever x holds.
 * The weights of a single line are the pairs (0, 1), (2, 3), ... and then, for stride 1, (1, 2),
 * (3, 4), ..., for stride 2 the last one and 0.
 *
 * Registers: r0-r3 sums; from r4 weights; then words of x, two or four at a time; r11 x, r12 sums,
 * lr how many are left. Seven weights leave room for two sums at a time.
 */
#ifndef TE_DSP_DEPTHWISE_ASM_H
#define TE_DSP_DEPTHWISE_ASM_H

#include "te_dsp.h"

#if TE_HAS_DSP

#define TE_DEPTHWISE_PASS(load, body)                                                              \
    do {                                                                                           \
        register const int32_t *w __asm__("r4") = weight;                                          \
        register const int32_t *from __asm__("r11") = x;                                           \
        register int32_t *to __asm__("r12") = sums;                                                \
        register int32_t left __asm__("lr") = count;                                               \
        __asm__ volatile(load body                                                                 \
                         : "+r"(w), "+r"(from), "+r"(to), "+r"(left)                               \
                         :                                                                         \
                         : "r0", "r1", "r2", "r3", "r5", "r6", "r7", "r8", "r9", "r10", "memory",  \
                           "cc");                                                                  \
    } while (0)

/* Groups of four while three or four are left, then one of two. */
#define TE_DEPTHWISE_BY_4(four, two)                                                               \
    "subs lr, lr, #3\n\t"                                                                          \
    "blt 2f\n\t"                                                                                   \
    "1:\n\t" four "subs lr, lr, #4\n\t"                                                            \
    "bge 1b\n\t"                                                                                   \
    "2: adds lr, lr, #3\n\t"                                                                       \
    "ble 3f\n\t" two "3:\n\t"

/* Groups of two. */
#define TE_DEPTHWISE_BY_2(two)                                                                     \
    "1:\n\t" two "subs lr, lr, #2\n\t"                                                             \
    "bgt 1b\n\t"

#define TE_DEPTHWISE_PAIRS_3_1_4                                                                   \
    "ldm r11!, {r7-r10}\n\t"                                                                       \
    "ldm r12, {r0-r3}\n\t"                                                                         \
    "smlad r0, r7, r4, r0\n\t"                                                                     \
    "smlad r1, r8, r4, r1\n\t"                                                                     \
    "smlad r0, r8, r5, r0\n\t"                                                                     \
    "smlad r1, r9, r5, r1\n\t"                                                                     \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "smlad r2, r9, r4, r2\n\t"                                                                     \
    "smlad r1, r10, r6, r1\n\t"                                                                    \
    "smlad r2, r10, r5, r2\n\t"                                                                    \
    "smlad r3, r10, r4, r3\n\t"                                                                    \
    "ldrd r7, r8, [r11, #0]\n\t"                                                                   \
    "smlad r2, r7, r6, r2\n\t"                                                                     \
    "smlad r3, r7, r5, r3\n\t"                                                                     \
    "smlad r3, r8, r6, r3\n\t"                                                                     \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_PAIRS_3_1_2                                                                   \
    "ldrd r7, r8, [r11], #8\n\t"                                                                   \
    "ldrd r0, r1, [r12]\n\t"                                                                       \
    "smlad r0, r7, r4, r0\n\t"                                                                     \
    "smlad r1, r8, r4, r1\n\t"                                                                     \
    "smlad r0, r8, r5, r0\n\t"                                                                     \
    "ldrd r7, r8, [r11, #0]\n\t"                                                                   \
    "smlad r0, r7, r6, r0\n\t"                                                                     \
    "smlad r1, r7, r5, r1\n\t"                                                                     \
    "smlad r1, r8, r6, r1\n\t"                                                                     \
    "strd r0, r1, [r12], #8\n\t"

static inline void te_depthwise_pairs_3_1(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count)
{
    TE_DEPTHWISE_PASS("ldm r4, {r4-r6}\n\t",
                      TE_DEPTHWISE_BY_4(TE_DEPTHWISE_PAIRS_3_1_4, TE_DEPTHWISE_PAIRS_3_1_2));
}

#define TE_DEPTHWISE_PAIRS_3_2_4                                                                   \
    "ldm r11!, {r7-r10}\n\t"                                                                       \
    "ldm r12, {r0-r3}\n\t"                                                                         \
    "smlad r0, r7, r4, r0\n\t"                                                                     \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlad r0, r8, r5, r0\n\t"                                                                     \
    "smlad r1, r10, r5, r1\n\t"                                                                    \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "ldm r11!, {r7-r10}\n\t"                                                                       \
    "smlad r1, r7, r6, r1\n\t"                                                                     \
    "smlad r2, r7, r4, r2\n\t"                                                                     \
    "smlad r3, r9, r4, r3\n\t"                                                                     \
    "smlad r2, r8, r5, r2\n\t"                                                                     \
    "smlad r3, r10, r5, r3\n\t"                                                                    \
    "smlad r2, r9, r6, r2\n\t"                                                                     \
    "ldr r7, [r11, #0]\n\t"                                                                        \
    "smlad r3, r7, r6, r3\n\t"                                                                     \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_PAIRS_3_2_2                                                                   \
    "ldm r11!, {r7-r10}\n\t"                                                                       \
    "ldrd r0, r1, [r12]\n\t"                                                                       \
    "smlad r0, r7, r4, r0\n\t"                                                                     \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlad r0, r8, r5, r0\n\t"                                                                     \
    "smlad r1, r10, r5, r1\n\t"                                                                    \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "ldr r7, [r11, #0]\n\t"                                                                        \
    "smlad r1, r7, r6, r1\n\t"                                                                     \
    "strd r0, r1, [r12], #8\n\t"

static inline void te_depthwise_pairs_3_2(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count)
{
    TE_DEPTHWISE_PASS("ldm r4, {r4-r6}\n\t",
                      TE_DEPTHWISE_BY_4(TE_DEPTHWISE_PAIRS_3_2_4, TE_DEPTHWISE_PAIRS_3_2_2));
}

#define TE_DEPTHWISE_PAIRS_5_1_4                                                                   \
    "ldrd r9, r10, [r11], #16\n\t"                                                                 \
    "ldm r12, {r0-r3}\n\t"                                                                         \
    "smlad r0, r9, r4, r0\n\t"                                                                     \
    "smlad r1, r10, r4, r1\n\t"                                                                    \
    "smlad r0, r10, r5, r0\n\t"                                                                    \
    "ldrd r9, r10, [r11, #-8]\n\t"                                                                 \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "smlad r1, r9, r5, r1\n\t"                                                                     \
    "smlad r2, r9, r4, r2\n\t"                                                                     \
    "smlad r0, r10, r7, r0\n\t"                                                                    \
    "smlad r1, r10, r6, r1\n\t"                                                                    \
    "smlad r2, r10, r5, r2\n\t"                                                                    \
    "smlad r3, r10, r4, r3\n\t"                                                                    \
    "ldrd r9, r10, [r11, #0]\n\t"                                                                  \
    "smlad r0, r9, r8, r0\n\t"                                                                     \
    "smlad r1, r9, r7, r1\n\t"                                                                     \
    "smlad r2, r9, r6, r2\n\t"                                                                     \
    "smlad r3, r9, r5, r3\n\t"                                                                     \
    "smlad r1, r10, r8, r1\n\t"                                                                    \
    "smlad r2, r10, r7, r2\n\t"                                                                    \
    "smlad r3, r10, r6, r3\n\t"                                                                    \
    "ldrd r9, r10, [r11, #8]\n\t"                                                                  \
    "smlad r2, r9, r8, r2\n\t"                                                                     \
    "smlad r3, r9, r7, r3\n\t"                                                                     \
    "smlad r3, r10, r8, r3\n\t"                                                                    \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_PAIRS_5_1_2                                                                   \
    "ldrd r9, r10, [r11], #8\n\t"                                                                  \
    "ldrd r0, r1, [r12]\n\t"                                                                       \
    "smlad r0, r9, r4, r0\n\t"                                                                     \
    "smlad r1, r10, r4, r1\n\t"                                                                    \
    "smlad r0, r10, r5, r0\n\t"                                                                    \
    "ldrd r9, r10, [r11, #0]\n\t"                                                                  \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "smlad r1, r9, r5, r1\n\t"                                                                     \
    "smlad r0, r10, r7, r0\n\t"                                                                    \
    "smlad r1, r10, r6, r1\n\t"                                                                    \
    "ldrd r9, r10, [r11, #8]\n\t"                                                                  \
    "smlad r0, r9, r8, r0\n\t"                                                                     \
    "smlad r1, r9, r7, r1\n\t"                                                                     \
    "smlad r1, r10, r8, r1\n\t"                                                                    \
    "strd r0, r1, [r12], #8\n\t"

static inline void te_depthwise_pairs_5_1(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count)
{
    TE_DEPTHWISE_PASS("ldm r4, {r4-r8}\n\t",
                      TE_DEPTHWISE_BY_4(TE_DEPTHWISE_PAIRS_5_1_4, TE_DEPTHWISE_PAIRS_5_1_2));
}

#define TE_DEPTHWISE_PAIRS_5_2_4                                                                   \
    "ldrd r9, r10, [r11], #32\n\t"                                                                 \
    "ldm r12, {r0-r3}\n\t"                                                                         \
    "smlad r0, r9, r4, r0\n\t"                                                                     \
    "smlad r0, r10, r5, r0\n\t"                                                                    \
    "ldrd r9, r10, [r11, #-24]\n\t"                                                                \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlad r0, r10, r7, r0\n\t"                                                                    \
    "smlad r1, r10, r5, r1\n\t"                                                                    \
    "ldrd r9, r10, [r11, #-16]\n\t"                                                                \
    "smlad r0, r9, r8, r0\n\t"                                                                     \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    "smlad r2, r9, r4, r2\n\t"                                                                     \
    "smlad r1, r10, r7, r1\n\t"                                                                    \
    "smlad r2, r10, r5, r2\n\t"                                                                    \
    "ldrd r9, r10, [r11, #-8]\n\t"                                                                 \
    "smlad r1, r9, r8, r1\n\t"                                                                     \
    "smlad r2, r9, r6, r2\n\t"                                                                     \
    "smlad r3, r9, r4, r3\n\t"                                                                     \
    "smlad r2, r10, r7, r2\n\t"                                                                    \
    "smlad r3, r10, r5, r3\n\t"                                                                    \
    "ldrd r9, r10, [r11, #0]\n\t"                                                                  \
    "smlad r2, r9, r8, r2\n\t"                                                                     \
    "smlad r3, r9, r6, r3\n\t"                                                                     \
    "smlad r3, r10, r7, r3\n\t"                                                                    \
    "ldr r9, [r11, #8]\n\t"                                                                        \
    "smlad r3, r9, r8, r3\n\t"                                                                     \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_PAIRS_5_2_2                                                                   \
    "ldrd r9, r10, [r11], #16\n\t"                                                                 \
    "ldrd r0, r1, [r12]\n\t"                                                                       \
    "smlad r0, r9, r4, r0\n\t"                                                                     \
    "smlad r0, r10, r5, r0\n\t"                                                                    \
    "ldrd r9, r10, [r11, #-8]\n\t"                                                                 \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlad r0, r10, r7, r0\n\t"                                                                    \
    "smlad r1, r10, r5, r1\n\t"                                                                    \
    "ldrd r9, r10, [r11, #0]\n\t"                                                                  \
    "smlad r0, r9, r8, r0\n\t"                                                                     \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    "smlad r1, r10, r7, r1\n\t"                                                                    \
    "ldr r9, [r11, #8]\n\t"                                                                        \
    "smlad r1, r9, r8, r1\n\t"                                                                     \
    "strd r0, r1, [r12], #8\n\t"

static inline void te_depthwise_pairs_5_2(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count)
{
    TE_DEPTHWISE_PASS("ldm r4, {r4-r8}\n\t",
                      TE_DEPTHWISE_BY_4(TE_DEPTHWISE_PAIRS_5_2_4, TE_DEPTHWISE_PAIRS_5_2_2));
}

#define TE_DEPTHWISE_PAIRS_7_1_2                                                                   \
    "ldrd r2, r3, [r11], #8\n\t"                                                                   \
    "ldrd r0, r1, [r12]\n\t"                                                                       \
    "smlad r0, r2, r4, r0\n\t"                                                                     \
    "smlad r1, r3, r4, r1\n\t"                                                                     \
    "smlad r0, r3, r5, r0\n\t"                                                                     \
    "ldrd r2, r3, [r11, #0]\n\t"                                                                   \
    "smlad r0, r2, r6, r0\n\t"                                                                     \
    "smlad r1, r2, r5, r1\n\t"                                                                     \
    "smlad r0, r3, r7, r0\n\t"                                                                     \
    "smlad r1, r3, r6, r1\n\t"                                                                     \
    "ldrd r2, r3, [r11, #8]\n\t"                                                                   \
    "smlad r0, r2, r8, r0\n\t"                                                                     \
    "smlad r1, r2, r7, r1\n\t"                                                                     \
    "smlad r0, r3, r9, r0\n\t"                                                                     \
    "smlad r1, r3, r8, r1\n\t"                                                                     \
    "ldrd r2, r3, [r11, #16]\n\t"                                                                  \
    "smlad r0, r2, r10, r0\n\t"                                                                    \
    "smlad r1, r2, r9, r1\n\t"                                                                     \
    "smlad r1, r3, r10, r1\n\t"                                                                    \
    "strd r0, r1, [r12], #8\n\t"

static inline void te_depthwise_pairs_7_1(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count)
{
    TE_DEPTHWISE_PASS("ldm r4, {r4-r10}\n\t", TE_DEPTHWISE_BY_2(TE_DEPTHWISE_PAIRS_7_1_2));
}

#define TE_DEPTHWISE_PAIRS_7_2_2                                                                   \
    "ldrd r2, r3, [r11], #16\n\t"                                                                  \
    "ldrd r0, r1, [r12]\n\t"                                                                       \
    "smlad r0, r2, r4, r0\n\t"                                                                     \
    "smlad r0, r3, r5, r0\n\t"                                                                     \
    "ldrd r2, r3, [r11, #-8]\n\t"                                                                  \
    "smlad r0, r2, r6, r0\n\t"                                                                     \
    "smlad r1, r2, r4, r1\n\t"                                                                     \
    "smlad r0, r3, r7, r0\n\t"                                                                     \
    "smlad r1, r3, r5, r1\n\t"                                                                     \
    "ldrd r2, r3, [r11, #0]\n\t"                                                                   \
    "smlad r0, r2, r8, r0\n\t"                                                                     \
    "smlad r1, r2, r6, r1\n\t"                                                                     \
    "smlad r0, r3, r9, r0\n\t"                                                                     \
    "smlad r1, r3, r7, r1\n\t"                                                                     \
    "ldrd r2, r3, [r11, #8]\n\t"                                                                   \
    "smlad r0, r2, r10, r0\n\t"                                                                    \
    "smlad r1, r2, r8, r1\n\t"                                                                     \
    "smlad r1, r3, r9, r1\n\t"                                                                     \
    "ldr r2, [r11, #16]\n\t"                                                                       \
    "smlad r1, r2, r10, r1\n\t"                                                                    \
    "strd r0, r1, [r12], #8\n\t"

static inline void te_depthwise_pairs_7_2(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count)
{
    TE_DEPTHWISE_PASS("ldm r4, {r4-r10}\n\t", TE_DEPTHWISE_BY_2(TE_DEPTHWISE_PAIRS_7_2_2));
}

#define TE_DEPTHWISE_SINGLE_3_1_4                                                                  \
    "ldrd r6, r7, [r11], #8\n\t"                                                                   \
    "ldm r12, {r0-r3}\n\t"                                                                         \
    "smlad r0, r6, r4, r0\n\t"                                                                     \
    "smlatb r1, r6, r4, r1\n\t"                                                                    \
    "smlabt r0, r7, r5, r0\n\t"                                                                    \
    "smlad r1, r7, r5, r1\n\t"                                                                     \
    "smlad r2, r7, r4, r2\n\t"                                                                     \
    "smlatb r3, r7, r4, r3\n\t"                                                                    \
    "ldr r6, [r11, #0]\n\t"                                                                        \
    "smlabt r2, r6, r5, r2\n\t"                                                                    \
    "smlad r3, r6, r5, r3\n\t"                                                                     \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_SINGLE_3_1_2                                                                  \
    "ldrd r6, r7, [r11], #4\n\t"                                                                   \
    "ldrd r0, r1, [r12]\n\t"                                                                       \
    "smlad r0, r6, r4, r0\n\t"                                                                     \
    "smlatb r1, r6, r4, r1\n\t"                                                                    \
    "smlabt r0, r7, r5, r0\n\t"                                                                    \
    "smlad r1, r7, r5, r1\n\t"                                                                     \
    "strd r0, r1, [r12], #8\n\t"

static inline void te_depthwise_single_3_1(const int32_t *x, const int32_t *weight, int32_t *sums,
                                           int32_t count)
{
    TE_DEPTHWISE_PASS("ldm r4, {r4-r5}\n\t",
                      TE_DEPTHWISE_BY_4(TE_DEPTHWISE_SINGLE_3_1_4, TE_DEPTHWISE_SINGLE_3_1_2));
}

#define TE_DEPTHWISE_SINGLE_3_2_4                                                                  \
    "ldrd r6, r7, [r11], #16\n\t"                                                                  \
    "ldm r12, {r0-r3}\n\t"                                                                         \
    "smlad r0, r6, r4, r0\n\t"                                                                     \
    "smlad r1, r7, r4, r1\n\t"                                                                     \
    "smlabb r0, r7, r5, r0\n\t"                                                                    \
    "ldrd r6, r7, [r11, #-8]\n\t"                                                                  \
    "smlabb r1, r6, r5, r1\n\t"                                                                    \
    "smlad r2, r6, r4, r2\n\t"                                                                     \
    "smlad r3, r7, r4, r3\n\t"                                                                     \
    "smlabb r2, r7, r5, r2\n\t"                                                                    \
    "ldr r6, [r11, #0]\n\t"                                                                        \
    "smlabb r3, r6, r5, r3\n\t"                                                                    \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_SINGLE_3_2_2                                                                  \
    "ldrd r6, r7, [r11], #8\n\t"                                                                   \
    "ldrd r0, r1, [r12]\n\t"                                                                       \
    "smlad r0, r6, r4, r0\n\t"                                                                     \
    "smlad r1, r7, r4, r1\n\t"                                                                     \
    "smlabb r0, r7, r5, r0\n\t"                                                                    \
    "ldr r6, [r11, #0]\n\t"                                                                        \
    "smlabb r1, r6, r5, r1\n\t"                                                                    \
    "strd r0, r1, [r12], #8\n\t"

static inline void te_depthwise_single_3_2(const int32_t *x, const int32_t *weight, int32_t *sums,
                                           int32_t count)
{
    TE_DEPTHWISE_PASS("ldm r4, {r4-r5}\n\t",
                      TE_DEPTHWISE_BY_4(TE_DEPTHWISE_SINGLE_3_2_4, TE_DEPTHWISE_SINGLE_3_2_2));
}

#define TE_DEPTHWISE_SINGLE_5_1_4                                                                  \
    "ldrd r8, r9, [r11], #8\n\t"                                                                   \
    "ldm r12, {r0-r3}\n\t"                                                                         \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlatb r1, r8, r4, r1\n\t"                                                                    \
    "smlad r0, r9, r5, r0\n\t"                                                                     \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    "smlad r2, r9, r4, r2\n\t"                                                                     \
    "smlatb r3, r9, r4, r3\n\t"                                                                    \
    "ldrd r8, r9, [r11, #0]\n\t"                                                                   \
    "smlabt r0, r8, r7, r0\n\t"                                                                    \
    "smlad r1, r8, r7, r1\n\t"                                                                     \
    "smlad r2, r8, r5, r2\n\t"                                                                     \
    "smlad r3, r8, r6, r3\n\t"                                                                     \
    "smlabt r2, r9, r7, r2\n\t"                                                                    \
    "smlad r3, r9, r7, r3\n\t"                                                                     \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_SINGLE_5_1_2                                                                  \
    "ldrd r8, r9, [r11], #4\n\t"                                                                   \
    "ldrd r0, r1, [r12]\n\t"                                                                       \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlatb r1, r8, r4, r1\n\t"                                                                    \
    "smlad r0, r9, r5, r0\n\t"                                                                     \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    "ldr r8, [r11, #4]\n\t"                                                                        \
    "smlabt r0, r8, r7, r0\n\t"                                                                    \
    "smlad r1, r8, r7, r1\n\t"                                                                     \
    "strd r0, r1, [r12], #8\n\t"

static inline void te_depthwise_single_5_1(const int32_t *x, const int32_t *weight, int32_t *sums,
                                           int32_t count)
{
    TE_DEPTHWISE_PASS("ldm r4, {r4-r7}\n\t",
                      TE_DEPTHWISE_BY_4(TE_DEPTHWISE_SINGLE_5_1_4, TE_DEPTHWISE_SINGLE_5_1_2));
}

#define TE_DEPTHWISE_SINGLE_5_2_4                                                                  \
    "ldrd r7, r8, [r11], #16\n\t"                                                                  \
    "ldm r12, {r0-r3}\n\t"                                                                         \
    "smlad r0, r7, r4, r0\n\t"                                                                     \
    "smlad r1, r8, r4, r1\n\t"                                                                     \
    "smlad r0, r8, r5, r0\n\t"                                                                     \
    "ldrd r7, r8, [r11, #-8]\n\t"                                                                  \
    "smlabb r0, r7, r6, r0\n\t"                                                                    \
    "smlad r1, r7, r5, r1\n\t"                                                                     \
    "smlad r2, r7, r4, r2\n\t"                                                                     \
    "smlabb r1, r8, r6, r1\n\t"                                                                    \
    "smlad r2, r8, r5, r2\n\t"                                                                     \
    "smlad r3, r8, r4, r3\n\t"                                                                     \
    "ldrd r7, r8, [r11, #0]\n\t"                                                                   \
    "smlabb r2, r7, r6, r2\n\t"                                                                    \
    "smlad r3, r7, r5, r3\n\t"                                                                     \
    "smlabb r3, r8, r6, r3\n\t"                                                                    \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_SINGLE_5_2_2                                                                  \
    "ldrd r7, r8, [r11], #8\n\t"                                                                   \
    "ldrd r0, r1, [r12]\n\t"                                                                       \
    "smlad r0, r7, r4, r0\n\t"                                                                     \
    "smlad r1, r8, r4, r1\n\t"                                                                     \
    "smlad r0, r8, r5, r0\n\t"                                                                     \
    "ldrd r7, r8, [r11, #0]\n\t"                                                                   \
    "smlabb r0, r7, r6, r0\n\t"                                                                    \
    "smlad r1, r7, r5, r1\n\t"                                                                     \
    "smlabb r1, r8, r6, r1\n\t"                                                                    \
    "strd r0, r1, [r12], #8\n\t"

static inline void te_depthwise_single_5_2(const int32_t *x, const int32_t *weight, int32_t *sums,
                                           int32_t count)
{
    TE_DEPTHWISE_PASS("ldm r4, {r4-r6}\n\t",
                      TE_DEPTHWISE_BY_4(TE_DEPTHWISE_SINGLE_5_2_4, TE_DEPTHWISE_SINGLE_5_2_2));
}

#define TE_DEPTHWISE_SINGLE_7_1_4                                                                  \
    "ldr r10, [r11], #8\n\t"                                                                       \
    "ldm r12, {r0-r3}\n\t"                                                                         \
    "smlad r0, r10, r4, r0\n\t"                                                                    \
    "smlatb r1, r10, r4, r1\n\t"                                                                   \
    "ldr r10, [r11, #-4]\n\t"                                                                      \
    "smlad r0, r10, r5, r0\n\t"                                                                    \
    "smlad r1, r10, r7, r1\n\t"                                                                    \
    "smlad r2, r10, r4, r2\n\t"                                                                    \
    "smlatb r3, r10, r4, r3\n\t"                                                                   \
    "ldr r10, [r11, #0]\n\t"                                                                       \
    "smlad r0, r10, r6, r0\n\t"                                                                    \
    "smlad r1, r10, r8, r1\n\t"                                                                    \
    "smlad r2, r10, r5, r2\n\t"                                                                    \
    "smlad r3, r10, r7, r3\n\t"                                                                    \
    "ldr r10, [r11, #4]\n\t"                                                                       \
    "smlabt r0, r10, r9, r0\n\t"                                                                   \
    "smlad r1, r10, r9, r1\n\t"                                                                    \
    "smlad r2, r10, r6, r2\n\t"                                                                    \
    "smlad r3, r10, r8, r3\n\t"                                                                    \
    "ldr r10, [r11, #8]\n\t"                                                                       \
    "smlabt r2, r10, r9, r2\n\t"                                                                   \
    "smlad r3, r10, r9, r3\n\t"                                                                    \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_SINGLE_7_1_2                                                                  \
    "ldr r10, [r11], #4\n\t"                                                                       \
    "ldrd r0, r1, [r12]\n\t"                                                                       \
    "smlad r0, r10, r4, r0\n\t"                                                                    \
    "smlatb r1, r10, r4, r1\n\t"                                                                   \
    "ldr r10, [r11, #0]\n\t"                                                                       \
    "smlad r0, r10, r5, r0\n\t"                                                                    \
    "smlad r1, r10, r7, r1\n\t"                                                                    \
    "ldr r10, [r11, #4]\n\t"                                                                       \
    "smlad r0, r10, r6, r0\n\t"                                                                    \
    "smlad r1, r10, r8, r1\n\t"                                                                    \
    "ldr r10, [r11, #8]\n\t"                                                                       \
    "smlabt r0, r10, r9, r0\n\t"                                                                   \
    "smlad r1, r10, r9, r1\n\t"                                                                    \
    "strd r0, r1, [r12], #8\n\t"

static inline void te_depthwise_single_7_1(const int32_t *x, const int32_t *weight, int32_t *sums,
                                           int32_t count)
{
    TE_DEPTHWISE_PASS("ldm r4, {r4-r9}\n\t",
                      TE_DEPTHWISE_BY_4(TE_DEPTHWISE_SINGLE_7_1_4, TE_DEPTHWISE_SINGLE_7_1_2));
}

#define TE_DEPTHWISE_SINGLE_7_2_4                                                                  \
    "ldrd r8, r9, [r11], #16\n\t"                                                                  \
    "ldm r12, {r0-r3}\n\t"                                                                         \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlad r0, r9, r5, r0\n\t"                                                                     \
    "ldrd r8, r9, [r11, #-8]\n\t"                                                                  \
    "smlad r0, r8, r6, r0\n\t"                                                                     \
    "smlad r1, r8, r5, r1\n\t"                                                                     \
    "smlabb r0, r9, r7, r0\n\t"                                                                    \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    "smlad r2, r8, r4, r2\n\t"                                                                     \
    "smlad r3, r9, r4, r3\n\t"                                                                     \
    "smlad r2, r9, r5, r2\n\t"                                                                     \
    "ldrd r8, r9, [r11, #0]\n\t"                                                                   \
    "smlabb r1, r8, r7, r1\n\t"                                                                    \
    "smlad r2, r8, r6, r2\n\t"                                                                     \
    "smlad r3, r8, r5, r3\n\t"                                                                     \
    "smlabb r2, r9, r7, r2\n\t"                                                                    \
    "smlad r3, r9, r6, r3\n\t"                                                                     \
    "ldr r8, [r11, #8]\n\t"                                                                        \
    "smlabb r3, r8, r7, r3\n\t"                                                                    \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_SINGLE_7_2_2                                                                  \
    "ldrd r8, r9, [r11], #8\n\t"                                                                   \
    "ldrd r0, r1, [r12]\n\t"                                                                       \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlad r0, r9, r5, r0\n\t"                                                                     \
    "ldrd r8, r9, [r11, #0]\n\t"                                                                   \
    "smlad r0, r8, r6, r0\n\t"                                                                     \
    "smlad r1, r8, r5, r1\n\t"                                                                     \
    "smlabb r0, r9, r7, r0\n\t"                                                                    \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    "ldr r8, [r11, #8]\n\t"                                                                        \
    "smlabb r1, r8, r7, r1\n\t"                                                                    \
    "strd r0, r1, [r12], #8\n\t"

static inline void te_depthwise_single_7_2(const int32_t *x, const int32_t *weight, int32_t *sums,
                                           int32_t count)
{
    TE_DEPTHWISE_PASS("ldm r4, {r4-r7}\n\t",
                      TE_DEPTHWISE_BY_4(TE_DEPTHWISE_SINGLE_7_2_4, TE_DEPTHWISE_SINGLE_7_2_2));
}

#else

static inline void te_depthwise_pairs(const int32_t *x, const int32_t *weight, int32_t *sums,
                                      int32_t count, int32_t taps, int32_t stride)
{
    for (int32_t i = 0; i < count; i++) {
        for (int32_t kw = 0; kw < taps; kw++) {
            sums[i] = te_smlad(x[i * stride + kw], weight[kw], sums[i]);
        }
    }
}

static inline void te_depthwise_single(const int32_t *x, const int32_t *weight, int32_t *sums,
                                       int32_t count, int32_t taps, int32_t stride)
{
    for (int32_t i = 0; i < count; i++) {
        for (int32_t kw = 0; kw < taps; kw++) {
            const int32_t column = i * stride + kw;
            const int32_t pair = weight[kw / 2];
            const int32_t last = weight[stride == 1 ? taps - 2 : taps / 2];
            const int32_t of_last = stride == 1 ? te_high(last) : te_low(last);
            const int32_t of_pair = kw & 1 ? te_high(pair) : te_low(pair);
            const int32_t factor = kw == taps - 1 ? of_last : of_pair;
            const int32_t word = x[column / 2];
            const int32_t product = factor * (column & 1 ? te_high(word) : te_low(word));
            sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)product);
        }
    }
}

static inline void te_depthwise_pairs_3_1(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count)
{
    te_depthwise_pairs(x, weight, sums, count, 3, 1);
}

static inline void te_depthwise_pairs_3_2(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count)
{
    te_depthwise_pairs(x, weight, sums, count, 3, 2);
}

static inline void te_depthwise_pairs_5_1(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count)
{
    te_depthwise_pairs(x, weight, sums, count, 5, 1);
}

static inline void te_depthwise_pairs_5_2(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count)
{
    te_depthwise_pairs(x, weight, sums, count, 5, 2);
}

static inline void te_depthwise_pairs_7_1(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count)
{
    te_depthwise_pairs(x, weight, sums, count, 7, 1);
}

static inline void te_depthwise_pairs_7_2(const int32_t *x, const int32_t *weight, int32_t *sums,
                                          int32_t count)
{
    te_depthwise_pairs(x, weight, sums, count, 7, 2);
}

static inline void te_depthwise_single_3_1(const int32_t *x, const int32_t *weight, int32_t *sums,
                                           int32_t count)
{
    te_depthwise_single(x, weight, sums, count, 3, 1);
}

static inline void te_depthwise_single_3_2(const int32_t *x, const int32_t *weight, int32_t *sums,
                                           int32_t count)
{
    te_depthwise_single(x, weight, sums, count, 3, 2);
}

static inline void te_depthwise_single_5_1(const int32_t *x, const int32_t *weight, int32_t *sums,
                                           int32_t count)
{
    te_depthwise_single(x, weight, sums, count, 5, 1);
}

static inline void te_depthwise_single_5_2(const int32_t *x, const int32_t *weight, int32_t *sums,
                                           int32_t count)
{
    te_depthwise_single(x, weight, sums, count, 5, 2);
}

static inline void te_depthwise_single_7_1(const int32_t *x, const int32_t *weight, int32_t *sums,
                                           int32_t count)
{
    te_depthwise_single(x, weight, sums, count, 7, 1);
}

static inline void te_depthwise_single_7_2(const int32_t *x, const int32_t *weight, int32_t *sums,
                                           int32_t count)
{
    te_depthwise_single(x, weight, sums, count, 7, 2);
}

#endif

#endif
