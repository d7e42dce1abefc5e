/* The dot products of te_dsp_conv_w16.h for cores that issue one instruction at a time: what is read
 * side by side is loaded at once. Instructions for 16 MACs: 14, 10 and 11.
 */
#ifndef TE_DSP_CONV_W16_LOOPS_H
#define TE_DSP_CONV_W16_LOOPS_H

/* clang-format off */
/* Stores four pixels of two channels, and goes two channels on, until the records end: 21 cycles. */
#define TE_CONV_STORE_4_AND_NEXT                                                                   \
    "ldr r1, " TE_CONV_AT(OUT) "\n\t"                                                              \
    "ldr r2, " TE_CONV_AT(PIXEL_STEP) "\n\t"                                                       \
    "ldr r3, " TE_CONV_AT(PIXEL_STEP_3) "\n\t"                                                     \
    "ldr r4, " TE_CONV_AT(CHANNEL_STEP) "\n\t"                                                     \
    "ldr lr, " TE_CONV_AT(WEIGHT_END) "\n\t"                                                       \
    "strb r5, [r1]\n\t"                                                                            \
    "strb r6, [r1, r2]\n\t"                                                                        \
    "strb r7, [r1, r2, lsl #1]\n\t"                                                                \
    "strb r8, [r1, r3]\n\t"                                                                        \
    "add r1, r1, r4\n\t"                                                                           \
    "strb r9, [r1]\n\t"                                                                            \
    "strb r10, [r1, r2]\n\t"                                                                       \
    "strb r11, [r1, r2, lsl #1]\n\t"                                                               \
    "strb r12, [r1, r3]\n\t"                                                                       \
    "add r1, r1, r4\n\t"                                                                           \
    "str r1, " TE_CONV_AT(OUT) "\n\t"                                                              \
    "cmp r0, lr\n\t"                                                                               \
    "bne.w 4b\n\t"                                                                                 \
    TE_CONV_LEAVE

/* Requantizes r5 to r8 with the factors r1, r2, and r9 to r12 with r3, r4. */
#define TE_CONV_UP_4(bits)                                                                         \
    "smmla r5, r5, r1, r2\n\t"                                                                     \
    "smmla r6, r6, r1, r2\n\t"                                                                     \
    "smmla r7, r7, r1, r2\n\t"                                                                     \
    "smmla r8, r8, r1, r2\n\t"                                                                     \
    "smmla r9, r9, r3, r4\n\t"                                                                     \
    "smmla r10, r10, r3, r4\n\t"                                                                   \
    "smmla r11, r11, r3, r4\n\t"                                                                   \
    "smmla r12, r12, r3, r4\n\t"                                                                   \
    ".irp sum, r5, r6, r7, r8, r9, r10, r11, r12\n\t"                                              \
    "ssat \\sum, #8, \\sum, asr #" bits "\n\t"                                                     \
    ".endr\n\t"                                                                                    \
    TE_CONV_STORE_4_AND_NEXT

/* The first four factors are loaded before it is known how to requantize: all of TE_CONV_UP_LESS and
 * MORE, of TE_CONV_SIGNED those of a and the multiplier of b.
 */
#define TE_CONV_FINISH_4                                                                           \
    "ldr lr, [r0], #20\n\t"                                                                        \
    "ldr r1, [r0, #-16]\n\t"                                                                       \
    "ldr r2, [r0, #-12]\n\t"                                                                       \
    "ldr r3, [r0, #-8]\n\t"                                                                        \
    "ldr r4, [r0, #-4]\n\t"                                                                        \
    "ldr pc, [sp, lr]\n\t"                                                                         \
    "7: " TE_CONV_UP_4("13")                                                                       \
    "6: " TE_CONV_UP_4("10")                                                                       \
    "5:\n\t"                                                                                       \
    TE_CONV_SIGNED_PAIR("r5", "r6", "r5", "r6")                                                    \
    TE_CONV_SIGNED_PAIR("r7", "r8", "r7", "r8")                                                    \
    "ldr r2, [r0], #8\n\t"                                                                         \
    "ldr r1, [r0, #-12]\n\t"                                                                       \
    "ldr r3, [r0, #-4]\n\t"                                                                        \
    TE_CONV_SIGNED_PAIR("r9", "r10", "r9", "r10")                                                  \
    TE_CONV_SIGNED_PAIR("r11", "r12", "r11", "r12")                                                \
    TE_CONV_STORE_4_AND_NEXT

TE_NAKED static void te_conv_dot_4_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_4(TE_CONV_FINISH_4));
}
/* clang-format on */

TE_NAKED static void te_conv_dot_2_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_2(TE_CONV_START_2, TE_CONV_WEIGHTS_2, TE_CONV_WEIGHTS_1, "20",
                          TE_CONV_REQUANTIZE_2));
}

TE_NAKED static void te_conv_dot_1_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_1(TE_CONV_START_2, TE_CONV_QUAD, "11", TE_CONV_WEIGHTS_1, "16",
                          TE_CONV_REQUANTIZE_1));
}

#endif
