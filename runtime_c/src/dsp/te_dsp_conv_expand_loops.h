/* Expansion of a quad of each of four or two pixels, for cores that issue one instruction at a time: 14
 * and 7 instructions.
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
    "stm r0!, {r8-r11}\n\t"                                                                        \
    "sxtb16 r4, r4, ror #8\n\t"                                                                    \
    "sxtb16 r5, r5, ror #8\n\t"                                                                    \
    "sxtb16 r6, r6, ror #8\n\t"                                                                    \
    "sxtb16 r7, r7, ror #8\n\t"                                                                    \
    "stm r0!, {r4-r7}\n\t"

#define TE_CONV_EXPAND_2                                                                           \
    "ldr r4, [r1], #4\n\t"                                                                         \
    "ldr r5, [r2], #4\n\t"                                                                         \
    "sxtb16 r6, r4\n\t"                                                                            \
    "sxtb16 r7, r5\n\t"                                                                            \
    "sxtb16 r8, r4, ror #8\n\t"                                                                    \
    "sxtb16 r9, r5, ror #8\n\t"                                                                    \
    "stm r0!, {r6-r9}\n\t"

#endif
