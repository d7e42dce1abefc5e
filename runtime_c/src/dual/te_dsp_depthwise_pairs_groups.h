/* Groups of four or two sums of te_dsp_depthwise_pairs.h, for cores that issue two instructions at a
 * time, by taps and stride: words of x are loaded one by one, each as soon as its register is free,
 * beside multiplications. `load_0` is the first sum or the bias, the others are sums or nothing.
 *
 * Cycles of four sums: 18 of 3 taps, 25 of 5; of two of 7: 18.
 */
#ifndef TE_DSP_DEPTHWISE_PAIRS_GROUPS_H
#define TE_DSP_DEPTHWISE_PAIRS_GROUPS_H

/* clang-format off */
/* Sums of the pass before, or the bias: what to load, and what the first products are added to. */
#define TE_DEPTHWISE_SUM(sum, at) "ldr.w " sum ", [r12, #" at "]\n\t"
#define TE_DEPTHWISE_SUMS_4(group)                                                                 \
    group(TE_DEPTHWISE_SUM("r0", "0"), TE_DEPTHWISE_SUM("r1", "4"), TE_DEPTHWISE_SUM("r2", "8"),   \
          TE_DEPTHWISE_SUM("r3", "12"), "r0", "r1", "r2")
#define TE_DEPTHWISE_SUMS_2(group)                                                                 \
    group(TE_DEPTHWISE_SUM("r0", "0"), TE_DEPTHWISE_SUM("r1", "4"), "r0")
#define TE_DEPTHWISE_BIAS_4(group)                                                                 \
    group("ldr.w r3, " TE_PAIRS_AT(BIAS) "\n\t", "", "", "", "r3", "r3", "r3")
#define TE_DEPTHWISE_BIAS_2(group) group("ldr.w r1, " TE_PAIRS_AT(BIAS) "\n\t", "", "r1")

#define TE_DEPTHWISE_PAIRS_3_1_4(load_0, load_1, load_2, load_3, r0_first, r1_first, r2_first)     \
    "ldr.w r7, [r11], #16\n\t"                                                                     \
    load_0                                                                                         \
    "ldr r8, [r11, #-12]\n\t"                                                                      \
    "ldr r9, [r11, #-8]\n\t"                                                                       \
    "ldr r10, [r11, #-4]\n\t"          "smlad r0, r7, r4, " r0_first "\n\t"                        \
    "ldr.w r7, [r11, #0]\n\t"          "smlad r0, r8, r5, r0\n\t"                                  \
    load_1                             "smlad r1, r8, r4, " r1_first "\n\t"                        \
    "ldr.w r8, [r11, #4]\n\t"          "smlad r0, r9, r6, r0\n\t"                                  \
    "smlad r1, r9, r5, r1\n\t"                                                                     \
    load_2                             "smlad r2, r9, r4, " r2_first "\n\t"                        \
    "smlad r1, r10, r6, r1\n\t"                                                                    \
    "smlad r2, r10, r5, r2\n\t"                                                                    \
    load_3                             "smlad r3, r10, r4, r3\n\t"                                 \
    "smlad r2, r7, r6, r2\n\t"                                                                     \
    "smlad r3, r7, r5, r3\n\t"                                                                     \
    "smlad r3, r8, r6, r3\n\t"                                                                     \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_PAIRS_3_1_2(load_0, load_1, r0_first)                                         \
    "ldr.w r7, [r11], #8\n\t"                                                                      \
    load_0                                                                                         \
    "ldr r8, [r11, #-4]\n\t"                                                                       \
    "ldr.w r9, [r11, #0]\n\t"                                                                      \
    "ldr.w r10, [r11, #4]\n\t"         "smlad r0, r7, r4, " r0_first "\n\t"                        \
    "smlad r0, r8, r5, r0\n\t"                                                                     \
    load_1                             "smlad r1, r8, r4, r1\n\t"                                  \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    "smlad r1, r9, r5, r1\n\t"                                                                     \
    "smlad r1, r10, r6, r1\n\t"                                                                    \
    "strd r0, r1, [r12], #8\n\t"

#define TE_DEPTHWISE_PAIRS_3_2_4(load_0, load_1, load_2, load_3, r0_first, r1_first, r2_first)     \
    "ldr.w r7, [r11], #32\n\t"                                                                     \
    load_0                                                                                         \
    "ldr r8, [r11, #-28]\n\t"                                                                      \
    "ldr r9, [r11, #-24]\n\t"                                                                      \
    "ldr r10, [r11, #-20]\n\t"         "smlad r0, r7, r4, " r0_first "\n\t"                        \
    "ldr r7, [r11, #-16]\n\t"          "smlad r0, r8, r5, r0\n\t"                                  \
    "ldr r8, [r11, #-12]\n\t"          "smlad r0, r9, r6, r0\n\t"                                  \
    load_1                             "smlad r1, r9, r4, " r1_first "\n\t"                        \
    "ldr r9, [r11, #-8]\n\t"           "smlad r1, r10, r5, r1\n\t"                                 \
    "ldr r10, [r11, #-4]\n\t"          "smlad r1, r7, r6, r1\n\t"                                  \
    load_2                             "smlad r2, r7, r4, " r2_first "\n\t"                        \
    "ldr.w r7, [r11, #0]\n\t"          "smlad r2, r8, r5, r2\n\t"                                  \
    "smlad r2, r9, r6, r2\n\t"                                                                     \
    load_3                             "smlad r3, r9, r4, r3\n\t"                                  \
    "smlad r3, r10, r5, r3\n\t"                                                                    \
    "smlad r3, r7, r6, r3\n\t"                                                                     \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_PAIRS_3_2_2(load_0, load_1, r0_first)                                         \
    "ldr.w r7, [r11], #16\n\t"                                                                     \
    load_0                                                                                         \
    "ldr r8, [r11, #-12]\n\t"                                                                      \
    "ldr r9, [r11, #-8]\n\t"                                                                       \
    "ldr r10, [r11, #-4]\n\t"          "smlad r0, r7, r4, " r0_first "\n\t"                        \
    "ldr.w r7, [r11, #0]\n\t"          "smlad r0, r8, r5, r0\n\t"                                  \
    "smlad r0, r9, r6, r0\n\t"                                                                     \
    load_1                             "smlad r1, r9, r4, r1\n\t"                                  \
    "smlad r1, r10, r5, r1\n\t"                                                                    \
    "smlad r1, r7, r6, r1\n\t"                                                                     \
    "strd r0, r1, [r12], #8\n\t"

#define TE_DEPTHWISE_PAIRS_5_1_4(load_0, load_1, load_2, load_3, r0_first, r1_first, r2_first)     \
    "ldr.w r9, [r11], #16\n\t"                                                                     \
    load_0                                                                                         \
    "ldr r10, [r11, #-12]\n\t"         "smlad r0, r9, r4, " r0_first "\n\t"                        \
    "ldr r9, [r11, #-8]\n\t"           "smlad r0, r10, r5, r0\n\t"                                 \
    load_1                             "smlad r1, r10, r4, " r1_first "\n\t"                       \
    "ldr r10, [r11, #-4]\n\t"          "smlad r0, r9, r6, r0\n\t"                                  \
    "smlad r1, r9, r5, r1\n\t"                                                                     \
    load_2                             "smlad r2, r9, r4, " r2_first "\n\t"                        \
    "ldr.w r9, [r11, #0]\n\t"          "smlad r0, r10, r7, r0\n\t"                                 \
    "smlad r1, r10, r6, r1\n\t"                                                                    \
    "smlad r2, r10, r5, r2\n\t"                                                                    \
    load_3                             "smlad r3, r10, r4, r3\n\t"                                 \
    "ldr.w r10, [r11, #4]\n\t"         "smlad r0, r9, r8, r0\n\t"                                  \
    "smlad r1, r9, r7, r1\n\t"                                                                     \
    "smlad r2, r9, r6, r2\n\t"                                                                     \
    "smlad r3, r9, r5, r3\n\t"                                                                     \
    "ldr.w r9, [r11, #8]\n\t"          "smlad r1, r10, r8, r1\n\t"                                 \
    "smlad r2, r10, r7, r2\n\t"                                                                    \
    "smlad r3, r10, r6, r3\n\t"                                                                    \
    "ldr.w r10, [r11, #12]\n\t"        "smlad r2, r9, r8, r2\n\t"                                  \
    "smlad r3, r9, r7, r3\n\t"                                                                     \
    "smlad r3, r10, r8, r3\n\t"                                                                    \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_PAIRS_5_1_2(load_0, load_1, r0_first)                                         \
    "ldr.w r9, [r11], #8\n\t"                                                                      \
    load_0                                                                                         \
    "ldr r10, [r11, #-4]\n\t"          "smlad r0, r9, r4, " r0_first "\n\t"                        \
    "ldr.w r9, [r11, #0]\n\t"          "smlad r0, r10, r5, r0\n\t"                                 \
    load_1                             "smlad r1, r10, r4, r1\n\t"                                 \
    "ldr.w r10, [r11, #4]\n\t"         "smlad r0, r9, r6, r0\n\t"                                  \
    "smlad r1, r9, r5, r1\n\t"                                                                     \
    "ldr.w r9, [r11, #8]\n\t"          "smlad r0, r10, r7, r0\n\t"                                 \
    "smlad r1, r10, r6, r1\n\t"                                                                    \
    "ldr.w r10, [r11, #12]\n\t"        "smlad r0, r9, r8, r0\n\t"                                  \
    "smlad r1, r9, r7, r1\n\t"                                                                     \
    "smlad r1, r10, r8, r1\n\t"                                                                    \
    "strd r0, r1, [r12], #8\n\t"

#define TE_DEPTHWISE_PAIRS_5_2_4(load_0, load_1, load_2, load_3, r0_first, r1_first, r2_first)     \
    "ldr.w r9, [r11], #32\n\t"                                                                     \
    load_0                                                                                         \
    "ldr r10, [r11, #-28]\n\t"         "smlad r0, r9, r4, " r0_first "\n\t"                        \
    "ldr r9, [r11, #-24]\n\t"          "smlad r0, r10, r5, r0\n\t"                                 \
    "ldr r10, [r11, #-20]\n\t"         "smlad r0, r9, r6, r0\n\t"                                  \
    load_1                             "smlad r1, r9, r4, " r1_first "\n\t"                        \
    "ldr r9, [r11, #-16]\n\t"          "smlad r0, r10, r7, r0\n\t"                                 \
    "smlad r1, r10, r5, r1\n\t"                                                                    \
    "ldr r10, [r11, #-12]\n\t"         "smlad r0, r9, r8, r0\n\t"                                  \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    load_2                             "smlad r2, r9, r4, " r2_first "\n\t"                        \
    "ldr r9, [r11, #-8]\n\t"           "smlad r1, r10, r7, r1\n\t"                                 \
    "smlad r2, r10, r5, r2\n\t"                                                                    \
    "ldr r10, [r11, #-4]\n\t"          "smlad r1, r9, r8, r1\n\t"                                  \
    "smlad r2, r9, r6, r2\n\t"                                                                     \
    load_3                             "smlad r3, r9, r4, r3\n\t"                                  \
    "ldr.w r9, [r11, #0]\n\t"          "smlad r2, r10, r7, r2\n\t"                                 \
    "smlad r3, r10, r5, r3\n\t"                                                                    \
    "ldr.w r10, [r11, #4]\n\t"         "smlad r2, r9, r8, r2\n\t"                                  \
    "smlad r3, r9, r6, r3\n\t"                                                                     \
    "ldr.w r9, [r11, #8]\n\t"          "smlad r3, r10, r7, r3\n\t"                                 \
    "smlad r3, r9, r8, r3\n\t"                                                                     \
    "stm r12!, {r0-r3}\n\t"

#define TE_DEPTHWISE_PAIRS_5_2_2(load_0, load_1, r0_first)                                         \
    "ldr.w r9, [r11], #16\n\t"                                                                     \
    load_0                                                                                         \
    "ldr r10, [r11, #-12]\n\t"         "smlad r0, r9, r4, " r0_first "\n\t"                        \
    "ldr r9, [r11, #-8]\n\t"           "smlad r0, r10, r5, r0\n\t"                                 \
    "ldr r10, [r11, #-4]\n\t"          "smlad r0, r9, r6, r0\n\t"                                  \
    load_1                             "smlad r1, r9, r4, r1\n\t"                                  \
    "ldr.w r9, [r11, #0]\n\t"          "smlad r0, r10, r7, r0\n\t"                                 \
    "smlad r1, r10, r5, r1\n\t"                                                                    \
    "ldr.w r10, [r11, #4]\n\t"         "smlad r0, r9, r8, r0\n\t"                                  \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    "ldr.w r9, [r11, #8]\n\t"          "smlad r1, r10, r7, r1\n\t"                                 \
    "smlad r1, r9, r8, r1\n\t"                                                                     \
    "strd r0, r1, [r12], #8\n\t"

#define TE_DEPTHWISE_PAIRS_7_1_2(load_0, load_1, r0_first)                                         \
    "ldr.w r2, [r11], #8\n\t"                                                                      \
    load_0                                                                                         \
    "ldr r3, [r11, #-4]\n\t"           "smlad r0, r2, r4, " r0_first "\n\t"                        \
    "ldr.w r2, [r11, #0]\n\t"          "smlad r0, r3, r5, r0\n\t"                                  \
    load_1                             "smlad r1, r3, r4, r1\n\t"                                  \
    "ldr.w r3, [r11, #4]\n\t"          "smlad r0, r2, r6, r0\n\t"                                  \
    "smlad r1, r2, r5, r1\n\t"                                                                     \
    "ldr.w r2, [r11, #8]\n\t"          "smlad r0, r3, r7, r0\n\t"                                  \
    "smlad r1, r3, r6, r1\n\t"                                                                     \
    "ldr.w r3, [r11, #12]\n\t"         "smlad r0, r2, r8, r0\n\t"                                  \
    "smlad r1, r2, r7, r1\n\t"                                                                     \
    "ldr.w r2, [r11, #16]\n\t"         "smlad r0, r3, r9, r0\n\t"                                  \
    "smlad r1, r3, r8, r1\n\t"                                                                     \
    "ldr.w r3, [r11, #20]\n\t"         "smlad r0, r2, r10, r0\n\t"                                 \
    "smlad r1, r2, r9, r1\n\t"                                                                     \
    "smlad r1, r3, r10, r1\n\t"                                                                    \
    "strd r0, r1, [r12], #8\n\t"

#define TE_DEPTHWISE_PAIRS_7_2_2(load_0, load_1, r0_first)                                         \
    "ldr.w r2, [r11], #16\n\t"                                                                     \
    load_0                                                                                         \
    "ldr r3, [r11, #-12]\n\t"          "smlad r0, r2, r4, " r0_first "\n\t"                        \
    "ldr r2, [r11, #-8]\n\t"           "smlad r0, r3, r5, r0\n\t"                                  \
    "ldr r3, [r11, #-4]\n\t"           "smlad r0, r2, r6, r0\n\t"                                  \
    load_1                             "smlad r1, r2, r4, r1\n\t"                                  \
    "ldr.w r2, [r11, #0]\n\t"          "smlad r0, r3, r7, r0\n\t"                                  \
    "smlad r1, r3, r5, r1\n\t"                                                                     \
    "ldr.w r3, [r11, #4]\n\t"          "smlad r0, r2, r8, r0\n\t"                                  \
    "smlad r1, r2, r6, r1\n\t"                                                                     \
    "ldr.w r2, [r11, #8]\n\t"          "smlad r0, r3, r9, r0\n\t"                                  \
    "smlad r1, r3, r7, r1\n\t"                                                                     \
    "ldr.w r3, [r11, #12]\n\t"         "smlad r0, r2, r10, r0\n\t"                                 \
    "smlad r1, r2, r8, r1\n\t"                                                                     \
    "ldr.w r2, [r11, #16]\n\t"         "smlad r1, r3, r9, r1\n\t"                                  \
    "smlad r1, r2, r10, r1\n\t"                                                                    \
    "strd r0, r1, [r12], #8\n\t"
/* clang-format on */

#endif
