/* Groups of four or two sums of te_dsp_depthwise_pairs.h, for cores that issue one instruction at a
 * time, by taps and stride.
 */
#ifndef TE_DSP_DEPTHWISE_PAIRS_GROUPS_H
#define TE_DSP_DEPTHWISE_PAIRS_GROUPS_H

/* clang-format off */
/* Sums of the pass before, or the bias: what to load, and what the first products are added to. */
#define TE_DEPTHWISE_SUMS_4(group) group("ldm r12, {r0-r3}\n\t", "r0", "r1", "r2")
#define TE_DEPTHWISE_SUMS_2(group) group("ldrd r0, r1, [r12]\n\t", "r0")
#define TE_DEPTHWISE_BIAS_4(group) group("ldr r3, " TE_PAIRS_AT(BIAS) "\n\t", "r3", "r3", "r3")
#define TE_DEPTHWISE_BIAS_2(group) group("ldr r1, " TE_PAIRS_AT(BIAS) "\n\t", "r1")

#define TE_DEPTHWISE_PAIRS_3_1_4(load, r0_first, r1_first, r2_first)                               \
    "ldm r11!, {r7-r10}\n\t" load "smlad r0, r7, r4, " r0_first "\n\t"                             \
    "smlad r1, r8, r4, " r1_first "\n\t"                                                           \
    "smlad r0, r8, r5, r0\n\t"                                                                     \
    "smlad r1, r9, r5, r1\n\t"                                                                     \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "smlad r2, r9, r4, " r2_first "\n\t"                                                           \
    "smlad r1, r10, r6, r1\n\t"                                                                    \
    "smlad r2, r10, r5, r2\n\t"                                                                    \
    "smlad r3, r10, r4, r3\n\t"                                                                    \
    "ldrd r7, r8, [r11, #0]\n\t"                                                                   \
    "smlad r2, r7, r6, r2\n\t"                                                                     \
    "smlad r3, r7, r5, r3\n\t"                                                                     \
    "smlad r3, r8, r6, r3\n\t"                                                                     \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_PAIRS_3_1_2(load, r0_first)                                                   \
    "ldrd r7, r8, [r11], #8\n\t" load "smlad r0, r7, r4, " r0_first "\n\t"                         \
    "smlad r1, r8, r4, r1\n\t"                                                                     \
    "smlad r0, r8, r5, r0\n\t"                                                                     \
    "ldrd r7, r8, [r11, #0]\n\t"                                                                   \
    "smlad r0, r7, r6, r0\n\t"                                                                     \
    "smlad r1, r7, r5, r1\n\t"                                                                     \
    "smlad r1, r8, r6, r1\n\t"                                                                     \
    "strd r0, r1, [r12], #8\n\t"

#define TE_DEPTHWISE_PAIRS_3_2_4(load, r0_first, r1_first, r2_first)                               \
    "ldm r11!, {r7-r10}\n\t" load "smlad r0, r7, r4, " r0_first "\n\t"                             \
    "smlad r1, r9, r4, " r1_first "\n\t"                                                           \
    "smlad r0, r8, r5, r0\n\t"                                                                     \
    "smlad r1, r10, r5, r1\n\t"                                                                    \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "ldm r11!, {r7-r10}\n\t"                                                                       \
    "smlad r1, r7, r6, r1\n\t"                                                                     \
    "smlad r2, r7, r4, " r2_first "\n\t"                                                           \
    "smlad r3, r9, r4, r3\n\t"                                                                     \
    "smlad r2, r8, r5, r2\n\t"                                                                     \
    "smlad r3, r10, r5, r3\n\t"                                                                    \
    "smlad r2, r9, r6, r2\n\t"                                                                     \
    "ldr r7, [r11, #0]\n\t"                                                                        \
    "smlad r3, r7, r6, r3\n\t"                                                                     \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_PAIRS_3_2_2(load, r0_first)                                                   \
    "ldm r11!, {r7-r10}\n\t" load "smlad r0, r7, r4, " r0_first "\n\t"                             \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlad r0, r8, r5, r0\n\t"                                                                     \
    "smlad r1, r10, r5, r1\n\t"                                                                    \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "ldr r7, [r11, #0]\n\t"                                                                        \
    "smlad r1, r7, r6, r1\n\t"                                                                     \
    "strd r0, r1, [r12], #8\n\t"

#define TE_DEPTHWISE_PAIRS_5_1_4(load, r0_first, r1_first, r2_first)                               \
    "ldrd r9, r10, [r11], #16\n\t" load "smlad r0, r9, r4, " r0_first "\n\t"                       \
    "smlad r1, r10, r4, " r1_first "\n\t"                                                          \
    "smlad r0, r10, r5, r0\n\t"                                                                    \
    "ldrd r9, r10, [r11, #-8]\n\t"                                                                 \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "smlad r1, r9, r5, r1\n\t"                                                                     \
    "smlad r2, r9, r4, " r2_first "\n\t"                                                           \
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

#define TE_DEPTHWISE_PAIRS_5_1_2(load, r0_first)                                                   \
    "ldrd r9, r10, [r11], #8\n\t" load "smlad r0, r9, r4, " r0_first "\n\t"                        \
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

#define TE_DEPTHWISE_PAIRS_5_2_4(load, r0_first, r1_first, r2_first)                               \
    "ldrd r9, r10, [r11], #32\n\t" load "smlad r0, r9, r4, " r0_first "\n\t"                       \
    "smlad r0, r10, r5, r0\n\t"                                                                    \
    "ldrd r9, r10, [r11, #-24]\n\t"                                                                \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "smlad r1, r9, r4, " r1_first "\n\t"                                                           \
    "smlad r0, r10, r7, r0\n\t"                                                                    \
    "smlad r1, r10, r5, r1\n\t"                                                                    \
    "ldrd r9, r10, [r11, #-16]\n\t"                                                                \
    "smlad r0, r9, r8, r0\n\t"                                                                     \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    "smlad r2, r9, r4, " r2_first "\n\t"                                                           \
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

#define TE_DEPTHWISE_PAIRS_5_2_2(load, r0_first)                                                   \
    "ldrd r9, r10, [r11], #16\n\t" load "smlad r0, r9, r4, " r0_first "\n\t"                       \
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

#define TE_DEPTHWISE_PAIRS_7_1_2(load, r0_first)                                                   \
    "ldrd r2, r3, [r11], #8\n\t" load "smlad r0, r2, r4, " r0_first "\n\t"                         \
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

#define TE_DEPTHWISE_PAIRS_7_2_2(load, r0_first)                                                   \
    "ldrd r2, r3, [r11], #16\n\t" load "smlad r0, r2, r4, " r0_first "\n\t"                        \
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
/* clang-format on */

#endif
