/* The dot products of te_dsp_conv_w4.h for cores that issue one instruction at a time.
 *
 * Instructions for 32 MACs: 25 of two pixels, 30 of one.
 */
#ifndef TE_DSP_CONV_W4_LOOPS_H
#define TE_DSP_CONV_W4_LOOPS_H

/* clang-format off */
/* The loop over records: `start` loads where the sums start; `left` is what comes before 3, `pairs`
 * the unrolled loop; `requantize` goes to its labels 5 to 9, `store` stores.
 */
#define TE_NIBBLE_RECORDS(start, left, pairs, requantize, store)                                   \
    "4: ldm sp, " start "\n\t"                                                                     \
    "ldr lr, " TE_NIBBLE_AT(X) "\n\t"                                                              \
    "ldr pc, " TE_NIBBLE_AT(ENTER) "\n\t"                                                          \
    ".balign 4\n\t"                                                                                \
    left                                                                                           \
    "3: ldr pc, " TE_NIBBLE_AT(ENTER_NEXT) "\n\t"                                                  \
    ".balign 4\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    pairs                                                                                          \
    "2: ldr r1, " TE_NIBBLE_AT(X_END) "\n\t"                                                       \
    "cmp lr, r1\n\t"                                                                               \
    "bne.w 1b\n\t"                                                                                 \
    requantize                                                                                     \
    "8: ldrd r1, r2, " TE_NIBBLE_AT(OUT) "\n\t"                                                    \
    "ldr r3, " TE_NIBBLE_AT(CHANNEL_STEP) "\n\t"                                                   \
    store                                                                                          \
    "str r1, " TE_NIBBLE_AT(OUT) "\n\t"                                                            \
    "ldr r1, " TE_NIBBLE_AT(WEIGHT_END) "\n\t"                                                     \
    "cmp r0, r1\n\t"                                                                               \
    "bne.w 4b\n\t"                                                                                 \
    "add sp, sp, #" TE_TEXT(TE_NIBBLE_FRAME_NBYTES) "\n\t"                                         \
    "pop {r4-r11, pc}\n\t"

/* A pair of taps of two pixels: weights w; the pixels' in r3, r4; s1 to s4 in r5 to r12, two each. */
#define TE_NIBBLE_PAIR_2(w, step)                                                                  \
    "ldrd r3, r4, [lr], #" step "\n\t"                                                             \
    "smlad r11, r3, " w ", r11\n\t"                                                                \
    "smlad r12, r4, " w ", r12\n\t"                                                                \
    "bic " w ", " w ", #0xf000f000\n\t"                                                            \
    "smlad r9, r3, " w ", r9\n\t"                                                                  \
    "smlad r10, r4, " w ", r10\n\t"                                                                \
    "bic " w ", " w ", #0x0f000f00\n\t"                                                            \
    "smlad r7, r3, " w ", r7\n\t"                                                                  \
    "smlad r8, r4, " w ", r8\n\t"                                                                  \
    "bic " w ", " w ", #0x00f000f0\n\t"                                                            \
    "smlad r5, r3, " w ", r5\n\t"                                                                  \
    "smlad r6, r4, " w ", r6\n\t"

#define TE_NIBBLE_PAIRS_2(step)                                                                    \
    ".rept 8\n\t"                                                                                  \
    "ldrd r1, r2, [r0], #8\n\t"                                                                    \
    TE_NIBBLE_PAIR_2("r1", step)                                                                   \
    TE_NIBBLE_PAIR_2("r2", step)                                                                   \
    ".endr\n\t"

/* A pair of taps of one pixel: weights w, the pixel's x; s1 to s4 in r9 to r12. */
#define TE_NIBBLE_PAIR_1(w, x)                                                                     \
    "smlad r12, " x ", " w ", r12\n\t"                                                             \
    "bic " w ", " w ", #0xf000f000\n\t"                                                            \
    "smlad r11, " x ", " w ", r11\n\t"                                                             \
    "bic " w ", " w ", #0x0f000f00\n\t"                                                            \
    "smlad r10, " x ", " w ", r10\n\t"                                                             \
    "bic " w ", " w ", #0x00f000f0\n\t"                                                            \
    "smlad r9, " x ", " w ", r9\n\t"

#define TE_NIBBLE_SATURATE_1(bits)                                                                 \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r10, #8, r10, asr #" bits "\n\t"                                                         \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "ssat r12, #8, r12, asr #" bits "\n\t"

#define TE_NIBBLE_UP_2(bits)                                                                       \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "ldr lr, " TE_NIBBLE_AT(OFFSET) "\n\t"                                                         \
    "smmla r5, r5, r1, lr\n\t"                                                                     \
    "smmla r6, r6, r1, lr\n\t"                                                                     \
    "smmla r7, r7, r2, lr\n\t"                                                                     \
    "smmla r8, r8, r2, lr\n\t"                                                                     \
    "smmla r9, r9, r3, lr\n\t"                                                                     \
    "smmla r10, r10, r3, lr\n\t"                                                                   \
    "smmla r11, r11, r4, lr\n\t"                                                                   \
    "smmla r12, r12, r4, lr\n\t"                                                                   \
    "ssat r5, #8, r5, asr #" bits "\n\t"                                                           \
    "ssat r6, #8, r6, asr #" bits "\n\t"                                                           \
    "ssat r7, #8, r7, asr #" bits "\n\t"                                                           \
    "ssat r8, #8, r8, asr #" bits "\n\t"                                                           \
    TE_NIBBLE_SATURATE_1(bits)

#define TE_NIBBLE_REQUANTIZE_2                                                                   \
    TE_NIBBLE_SCALE_2                                                                            \
    "ldr pc, " TE_NIBBLE_AT(REQUANTIZE) "\n\t"                                                     \
    "7: " TE_NIBBLE_UP_2("12") "b 8f\n\t"                                                          \
    "9: " TE_NIBBLE_UP_2("4") "b 8f\n\t"                                                           \
    "5: " TE_NIBBLE_SIGNED_2("r5", "r6")                                                           \
    TE_NIBBLE_SIGNED_2("r7", "r8")                                                                 \
    TE_NIBBLE_SIGNED_2("r9", "r10")                                                                \
    TE_NIBBLE_SIGNED_2("r11", "r12")                                                               \
    "b 8f\n\t"                                                                                     \
    "6: " TE_NIBBLE_UP_2("8")

#define TE_NIBBLE_UP_1(bits)                                                                       \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "ldr lr, " TE_NIBBLE_AT(OFFSET) "\n\t"                                                         \
    "smmla r9, r9, r1, lr\n\t"                                                                     \
    "smmla r10, r10, r2, lr\n\t"                                                                   \
    "smmla r11, r11, r3, lr\n\t"                                                                   \
    "smmla r12, r12, r4, lr\n\t"                                                                   \
    TE_NIBBLE_SATURATE_1(bits)

#define TE_NIBBLE_REQUANTIZE_1                                                                     \
    TE_NIBBLE_SCALE_1                                                                              \
    "ldr pc, " TE_NIBBLE_AT(REQUANTIZE) "\n\t"                                                     \
    "7: " TE_NIBBLE_UP_1("12") "b 8f\n\t"                                                          \
    "9: " TE_NIBBLE_UP_1("4") "b 8f\n\t"                                                           \
    "5: " TE_NIBBLE_SIGNED_1("r9")                                                                 \
    TE_NIBBLE_SIGNED_1("r10")                                                                      \
    TE_NIBBLE_SIGNED_1("r11")                                                                      \
    TE_NIBBLE_SIGNED_1("r12")                                                                      \
    "b 8f\n\t"                                                                                     \
    "6: " TE_NIBBLE_UP_1("8")

/* Two pixels whose taps lie `step` bytes apart. */
#define TE_NIBBLE_DOT_2(step)                                                                      \
    TE_NIBBLE_ENTER("14", "50", "1", "52", "0")                                                         \
    TE_NIBBLE_RECORDS("{r5-r12}",                                                                  \
                      "ldr r1, [r0], #4\n\t" TE_NIBBLE_PAIR_2("r1", step),                         \
                      TE_NIBBLE_PAIRS_2(step), TE_NIBBLE_REQUANTIZE_2, TE_NIBBLE_STORE_2)

/* One pixel, four pairs of taps at a time. */
#define TE_NIBBLE_DOT_1                                                                            \
    TE_NIBBLE_ENTER("12", "30", "3", "36", "0")                                                         \
    TE_NIBBLE_RECORDS("{r9-r12}",                                                                  \
                      ".rept 3\n\t"                                                                \
                      "ldr r1, [r0], #4\n\t"                                                       \
                      "ldr r5, [lr], #4\n\t" TE_NIBBLE_PAIR_1("r1", "r5") ".endr\n\t",             \
                      ".rept 4\n\t"                                                                \
                      "ldm.w lr!, {r5-r8}\n\t"                                                     \
                      "ldm.w r0!, {r1-r4}\n\t"                                                     \
                      TE_NIBBLE_PAIR_1("r1", "r5") TE_NIBBLE_PAIR_1("r2", "r6")                    \
                      TE_NIBBLE_PAIR_1("r3", "r7") TE_NIBBLE_PAIR_1("r4", "r8") ".endr\n\t",       \
                      TE_NIBBLE_REQUANTIZE_1, TE_NIBBLE_STORE_1)

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

TE_NAKED static void te_nibble_dot_2_far(const te_nibble_block *block __attribute__((unused)))
{
    __asm__(TE_NIBBLE_DOT_2("16"));
}

TE_NAKED static void te_nibble_dot_2(const te_nibble_block *block __attribute__((unused)))
{
    __asm__(TE_NIBBLE_DOT_2("8"));
}

#pragma GCC diagnostic pop

TE_NAKED static void te_nibble_dot_1(const te_nibble_block *block __attribute__((unused)))
{
    __asm__(TE_NIBBLE_DOT_1);
}
/* clang-format on */

#endif
