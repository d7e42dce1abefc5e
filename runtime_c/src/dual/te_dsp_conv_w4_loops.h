/* The dot products of te_dsp_conv_w4.h for cores that issue two instructions at a time: what stands on
 * one line goes together. They load ahead, one register at a time, and multiply the last pair of taps
 * behind the loop.
 *
 * Cycles for 16 MACs: 8 of two pixels, 9 of one.
 */
#ifndef TE_DSP_CONV_W4_LOOPS_H
#define TE_DSP_CONV_W4_LOOPS_H

/* clang-format off */
/* Goes on with the next record, or leaves; r4 is where weights end. */
#define TE_NIBBLE_NEXT                                                                             \
    "cmp r0, r4\n\t"                        "str r1, " TE_NIBBLE_AT(OUT) "\n\t"                    \
    "bne.w 4b\n\t"                                                                                 \
    "add sp, sp, #" TE_TEXT(TE_NIBBLE_FRAME_NBYTES) "\n\t"                                         \
    "pop {r4-r11, pc}\n\t"

/* Requantizes and stores two pixels of four channels, whose sums are scaled. */
#define TE_NIBBLE_UP_2(bits)                                                                       \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "ldr lr, " TE_NIBBLE_AT(OFFSET) "\n\t"                                                         \
    "smmla r5, r5, r1, lr\n\t"                                                                     \
    "smmla r6, r6, r1, lr\n\t"                                                                     \
    "smmla r7, r7, r2, lr\n\t"              "ldr r1, " TE_NIBBLE_AT(OUT) "\n\t"                    \
    "smmla r8, r8, r2, lr\n\t"              "ssat r5, #8, r5, asr #" bits "\n\t"                   \
    "smmla r9, r9, r3, lr\n\t"              "ldr r2, [sp, #" TE_TEXT(TE_NIBBLE_FRAME_OUT) " + 4]\n\t"\
    "smmla r10, r10, r3, lr\n\t"            "ssat r6, #8, r6, asr #" bits "\n\t"                   \
    "smmla r11, r11, r4, lr\n\t"            "ldr r3, " TE_NIBBLE_AT(CHANNEL_STEP) "\n\t"           \
    "smmla r12, r12, r4, lr\n\t"            "ssat r7, #8, r7, asr #" bits "\n\t"                   \
    "ssat r8, #8, r8, asr #" bits "\n\t"    "strb r5, [r1]\n\t"                                    \
    "strb r6, [r1, r2]\n\t"                 "add r1, r1, r3\n\t"                                   \
    "ssat r9, #8, r9, asr #" bits "\n\t"    "strb r7, [r1]\n\t"                                    \
    "strb r8, [r1, r2]\n\t"                 "add r1, r1, r3\n\t"                                   \
    "ssat r10, #8, r10, asr #" bits "\n\t"  "strb r9, [r1]\n\t"                                    \
    "ssat r11, #8, r11, asr #" bits "\n\t"  "ldr r4, " TE_NIBBLE_AT(WEIGHT_END) "\n\t"             \
    "strb r10, [r1, r2]\n\t"                "add r1, r1, r3\n\t"                                   \
    "ssat r12, #8, r12, asr #" bits "\n\t"  "strb r11, [r1]\n\t"                                   \
    "strb r12, [r1, r2]\n\t"                "add r1, r1, r3\n\t"                                   \
    TE_NIBBLE_NEXT

/* The same of one pixel. */
#define TE_NIBBLE_UP_1(bits)                                                                       \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "ldr lr, " TE_NIBBLE_AT(OFFSET) "\n\t"                                                         \
    "smmla r9, r9, r1, lr\n\t"                                                                     \
    "smmla r10, r10, r2, lr\n\t"            "ldr r1, " TE_NIBBLE_AT(OUT) "\n\t"                    \
    "smmla r11, r11, r3, lr\n\t"            "ldr r5, " TE_NIBBLE_AT(CHANNEL_STEP) "\n\t"           \
    "smmla r12, r12, r4, lr\n\t"            "ssat r9, #8, r9, asr #" bits "\n\t"                   \
    "ssat r10, #8, r10, asr #" bits "\n\t"  "ldr r4, " TE_NIBBLE_AT(WEIGHT_END) "\n\t"             \
    "strb r9, [r1]\n\t"                     "add r2, r1, r5\n\t"                                   \
    "ssat r11, #8, r11, asr #" bits "\n\t"  "strb r10, [r2]\n\t"                                   \
    "ssat r12, #8, r12, asr #" bits "\n\t"  "add r1, r1, r5, lsl #1\n\t"                           \
    "strb r11, [r1]\n\t"                    "add r2, r2, r5, lsl #1\n\t"                           \
    "strb r12, [r2]\n\t"                    "add r1, r1, r5, lsl #1\n\t"                           \
    TE_NIBBLE_NEXT

/* Stores what TE_NIBBLE_SIGNED has in the sums of two pixels, or of one. */
#define TE_NIBBLE_STORE_SIGNED(store)                                                              \
    "ldrd r1, r2, " TE_NIBBLE_AT(OUT) "\n\t"                                                       \
    "ldr r3, " TE_NIBBLE_AT(CHANNEL_STEP) "\n\t"                                                   \
    store                                                                                          \
    "ldr r4, " TE_NIBBLE_AT(WEIGHT_END) "\n\t"                                                     \
    TE_NIBBLE_NEXT

/* Two pixels whose taps lie `step` bytes apart, and 4 more: weights in r1, less and less of them in r2;
 * the pixels in r3, r4; s1 to s4 in r5 to r12, two each.
 */
#define TE_NIBBLE_DOT_2(step)                                                                      \
    TE_NIBBLE_ENTER("15", "56", "0", "0", "1")                                                     \
    "4: ldr lr, " TE_NIBBLE_AT(X) "\n\t"                                                           \
    "ldm sp, {r5-r12}\n\t"                                                                         \
    "ldr r1, [r0], #4\n\t"                                                                         \
    "ldr r3, [lr], #4\n\t"                                                                         \
    "ldr r4, [lr], #" step "\n\t"                                                                  \
    "3: ldr pc, " TE_NIBBLE_AT(ENTER_NEXT) "\n\t"                                                  \
    ".balign 8\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 16\n\t"                                                                                 \
    "bic r2, r1, #0xf000f000\n\t"           "smlad r11, r3, r1, r11\n\t"                           \
    "smlad r12, r4, r1, r12\n\t"                                                                   \
    "smlad r9, r3, r2, r9\n\t"              "ldr.w r1, [r0], #4\n\t"                               \
    "smlad r10, r4, r2, r10\n\t"            "bic r2, r2, #0x0f000f00\n\t"                          \
    "smlad r7, r3, r2, r7\n\t"                                                                     \
    "smlad r8, r4, r2, r8\n\t"              "bic r2, r2, #0x00f000f0\n\t"                          \
    "smlad r5, r3, r2, r5\n\t"              "ldr.w r3, [lr], #4\n\t"                               \
    "smlad r6, r4, r2, r6\n\t"              "ldr.w r4, [lr], #" step "\n\t"                        \
    ".endr\n\t"                                                                                    \
    "2: ldr r2, " TE_NIBBLE_AT(X_END) "\n\t"                                                       \
    "cmp lr, r2\n\t"                                                                               \
    "bne.w 1b\n\t"                                                                                 \
    "bic r2, r1, #0xf000f000\n\t"           "smlad r11, r3, r1, r11\n\t"                           \
    "smlad r12, r4, r1, r12\n\t"                                                                   \
    "smlad r9, r3, r2, r9\n\t"                                                                     \
    "smlad r10, r4, r2, r10\n\t"            "bic r2, r2, #0x0f000f00\n\t"                          \
    "smlad r7, r3, r2, r7\n\t"                                                                     \
    "smlad r8, r4, r2, r8\n\t"              "bic r2, r2, #0x00f000f0\n\t"                          \
    "smlad r5, r3, r2, r5\n\t"                                                                     \
    "smlad r6, r4, r2, r6\n\t"                                                                     \
    TE_NIBBLE_SCALE_2                                                                              \
    "ldr pc, " TE_NIBBLE_AT(REQUANTIZE) "\n\t"                                                     \
    "6: " TE_NIBBLE_UP_2("8")                                                                      \
    "7: " TE_NIBBLE_UP_2("12")                                                                     \
    "9: " TE_NIBBLE_UP_2("4")                                                                      \
    "5: " TE_NIBBLE_SIGNED_2("r5", "r6")                                                           \
    TE_NIBBLE_SIGNED_2("r7", "r8")                                                                 \
    TE_NIBBLE_SIGNED_2("r9", "r10")                                                                \
    TE_NIBBLE_SIGNED_2("r11", "r12")                                                               \
    TE_NIBBLE_STORE_SIGNED(TE_NIBBLE_STORE_2)

/* One pixel: weights of two pairs of taps in r1 and r3, less and less of them in r2 and r4; the pixel
 * in r5 and r6; s1 to s4 in r9 to r12.
 */
#define TE_NIBBLE_DOT_1                                                                            \
    TE_NIBBLE_ENTER("14", "36", "1", "36", "1")                                                    \
    "4: ldr lr, " TE_NIBBLE_AT(X) "\n\t"                                                           \
    "ldm sp, {r9-r12}\n\t"                                                                         \
    "ldr r1, [r0], #4\n\t"                                                                         \
    "ldr r5, [lr], #4\n\t"                                                                         \
    "bic r2, r1, #0xf000f000\n\t"           "ldr pc, " TE_NIBBLE_AT(ENTER) "\n\t"                  \
    ".balign 4\n\t"                                                                                \
    "smlad r12, r5, r1, r12\n\t"            "ldr.w r1, [r0], #4\n\t"                               \
    "smlad r11, r5, r2, r11\n\t"            "bic r2, r2, #0x0f000f00\n\t"                          \
    "smlad r10, r5, r2, r10\n\t"            "bic r2, r2, #0x00f000f0\n\t"                          \
    "smlad r9, r5, r2, r9\n\t"              "ldr.w r5, [lr], #4\n\t"                               \
    "bic r2, r1, #0xf000f000\n\t"                                                                  \
    "3: ldr pc, " TE_NIBBLE_AT(ENTER_NEXT) "\n\t"                                                  \
    ".balign 8\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 8\n\t"                                                                                  \
    "smlad r12, r5, r1, r12\n\t"            "ldr.w r3, [r0], #4\n\t"                               \
    "smlad r11, r5, r2, r11\n\t"            "ldr.w r6, [lr], #4\n\t"                               \
    "bic r2, r2, #0x0f000f00\n\t"           "ldr.w r1, [r0], #4\n\t"                               \
    "smlad r10, r5, r2, r10\n\t"            "bic r2, r2, #0x00f000f0\n\t"                          \
    "smlad r9, r5, r2, r9\n\t"              "bic r4, r3, #0xf000f000\n\t"                          \
    "smlad r12, r6, r3, r12\n\t"            "ldr.w r5, [lr], #4\n\t"                               \
    "smlad r11, r6, r4, r11\n\t"            "bic r4, r4, #0x0f000f00\n\t"                          \
    "smlad r10, r6, r4, r10\n\t"            "bic r4, r4, #0x00f000f0\n\t"                          \
    "smlad r9, r6, r4, r9\n\t"              "bic r2, r1, #0xf000f000\n\t"                          \
    ".endr\n\t"                                                                                    \
    "2: ldr r3, " TE_NIBBLE_AT(X_END) "\n\t"                                                       \
    "cmp lr, r3\n\t"                                                                               \
    "bne.w 1b\n\t"                                                                                 \
    "smlad r12, r5, r1, r12\n\t"                                                                   \
    "smlad r11, r5, r2, r11\n\t"            "bic r2, r2, #0x0f000f00\n\t"                          \
    "smlad r10, r5, r2, r10\n\t"            "bic r2, r2, #0x00f000f0\n\t"                          \
    "smlad r9, r5, r2, r9\n\t"                                                                     \
    TE_NIBBLE_SCALE_1                                                                              \
    "ldr pc, " TE_NIBBLE_AT(REQUANTIZE) "\n\t"                                                     \
    "6: " TE_NIBBLE_UP_1("8")                                                                      \
    "7: " TE_NIBBLE_UP_1("12")                                                                     \
    "9: " TE_NIBBLE_UP_1("4")                                                                      \
    "5: " TE_NIBBLE_SIGNED_1("r9")                                                                 \
    TE_NIBBLE_SIGNED_1("r10")                                                                      \
    TE_NIBBLE_SIGNED_1("r11")                                                                      \
    TE_NIBBLE_SIGNED_1("r12")                                                                      \
    TE_NIBBLE_STORE_SIGNED(TE_NIBBLE_STORE_1)

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

TE_NAKED static void te_nibble_dot_2_far(const te_nibble_block *block __attribute__((unused)))
{
    __asm__(TE_NIBBLE_DOT_2("12"));
}

TE_NAKED static void te_nibble_dot_2(const te_nibble_block *block __attribute__((unused)))
{
    __asm__(TE_NIBBLE_DOT_2("4"));
}

TE_NAKED static void te_nibble_dot_1(const te_nibble_block *block __attribute__((unused)))
{
    __asm__(TE_NIBBLE_DOT_1);
}

#pragma GCC diagnostic pop
/* clang-format on */

#endif
