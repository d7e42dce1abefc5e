/* Expansion of a quad of each of four or two pixels, for cores that issue two instructions at a time:
 * what stands on one line goes together. The words are stored one by one, beside what extends others.
 */
#ifndef TE_DSP_CONV_EXPAND_LOOPS_H
#define TE_DSP_CONV_EXPAND_LOOPS_H

/* clang-format off */
#define TE_CONV_EXPAND_4                                                                           \
    "ldr.w r4, [r1], #4\n\t"                                                                       \
    "ldr.w r5, [r2], #4\n\t"                                                                       \
    "sxtb16 r8, r4\n\t"                   "ldr.w r6, [r12], #4\n\t"                                \
    "sxtb16 r9, r5\n\t"                   "ldr.w r7, [lr], #4\n\t"                                 \
    "sxtb16 r10, r6\n\t"                  "str.w r8, [r0], #4\n\t"                                 \
    "sxtb16 r11, r7\n\t"                  "str.w r9, [r0], #4\n\t"                                 \
    "sxtb16 r4, r4, ror #8\n\t"           "str.w r10, [r0], #4\n\t"                                \
    "sxtb16 r5, r5, ror #8\n\t"           "str.w r11, [r0], #4\n\t"                                \
    "sxtb16 r6, r6, ror #8\n\t"           "str.w r4, [r0], #4\n\t"                                 \
    "sxtb16 r7, r7, ror #8\n\t"           "str.w r5, [r0], #4\n\t"                                 \
    "str.w r6, [r0], #4\n\t"                                                                       \
    "str.w r7, [r0], #4\n\t"

#define TE_CONV_EXPAND_2                                                                           \
    "ldr.w r4, [r1], #4\n\t"                                                                       \
    "ldr.w r5, [r2], #4\n\t"                                                                       \
    "sxtb16 r6, r4\n\t"                                                                            \
    "sxtb16 r7, r5\n\t"                   "str.w r6, [r0], #4\n\t"                                 \
    "sxtb16 r8, r4, ror #8\n\t"           "str.w r7, [r0], #4\n\t"                                 \
    "sxtb16 r9, r5, ror #8\n\t"           "str.w r8, [r0], #4\n\t"                                 \
    "str.w r9, [r0], #4\n\t"
/* clang-format on */

#endif
