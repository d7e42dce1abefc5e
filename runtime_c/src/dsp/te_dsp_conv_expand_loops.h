/* Expansion of a quad of each of four or two pixels, for cores that issue one instruction at a time: 21
 * and 11 cycles. Words are stored one by one, for STM takes a cycle more.
 */
#ifndef TE_DSP_CONV_EXPAND_LOOPS_H
#define TE_DSP_CONV_EXPAND_LOOPS_H

#define TE_CONV_EXPAND_4                                                                           \
    "ldr r4, [r1], #4\n\t"                                                                         \
    "ldr r5, [r2], #4\n\t"                                                                         \
    "ldr r6, [r12], #4\n\t"                                                                        \
    "ldr r7, [lr], #4\n\t"                                                                         \
    "sxtb16 r8, r4\n\t"                                                                            \
    "sxtb16 r9, r5\n\t"                                                                            \
    "sxtb16 r10, r6\n\t"                                                                           \
    "sxtb16 r11, r7\n\t"                                                                           \
    "str r8, [r0], #32\n\t"                                                                        \
    "str r9, [r0, #-28]\n\t"                                                                       \
    "str r10, [r0, #-24]\n\t"                                                                      \
    "str r11, [r0, #-20]\n\t"                                                                      \
    "sxtb16 r4, r4, ror #8\n\t"                                                                    \
    "sxtb16 r5, r5, ror #8\n\t"                                                                    \
    "sxtb16 r6, r6, ror #8\n\t"                                                                    \
    "sxtb16 r7, r7, ror #8\n\t"                                                                    \
    "str r4, [r0, #-16]\n\t"                                                                       \
    "str r5, [r0, #-12]\n\t"                                                                       \
    "str r6, [r0, #-8]\n\t"                                                                        \
    "str r7, [r0, #-4]\n\t"

#define TE_CONV_EXPAND_2                                                                           \
    "ldr r4, [r1], #4\n\t"                                                                         \
    "ldr r5, [r2], #4\n\t"                                                                         \
    "sxtb16 r6, r4\n\t"                                                                            \
    "sxtb16 r7, r5\n\t"                                                                            \
    "sxtb16 r8, r4, ror #8\n\t"                                                                    \
    "sxtb16 r9, r5, ror #8\n\t"                                                                    \
    "str r6, [r0], #16\n\t"                                                                        \
    "str r7, [r0, #-12]\n\t"                                                                       \
    "str r8, [r0, #-8]\n\t"                                                                        \
    "str r9, [r0, #-4]\n\t"

#endif
