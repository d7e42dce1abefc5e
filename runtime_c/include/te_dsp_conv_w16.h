/* Dot products of convolutions with int16 weights, for 4, 2 and 1 pixels.
 *
 * Biases and weights are scaled by a power of two per channel: by 2 for TE_CONV_SIGNED, else such
 * that the output is 10 or 12 bits up in the high word of sum * multiplier. The factors of a channel
 * are multiplier, offset and, for TE_CONV_SIGNED, shift.
 */
#ifndef TE_DSP_CONV_W16_H
#define TE_DSP_CONV_W16_H

#include "te_dsp_conv_asm.h"

#if TE_HAS_DSP

/* Requantizes r5 to r8 with the factors of one channel, r9 to r12 with the other's. */
#define TE_CONV_UP_4(bits)                                                                         \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "smmla r5, r5, r1, r2\n\t"                                                                     \
    "smmla r6, r6, r1, r2\n\t"                                                                     \
    "smmla r7, r7, r1, r2\n\t"                                                                     \
    "smmla r8, r8, r1, r2\n\t"                                                                     \
    "smmla r9, r9, r3, r4\n\t"                                                                     \
    "smmla r10, r10, r3, r4\n\t"                                                                   \
    "smmla r11, r11, r3, r4\n\t"                                                                   \
    "smmla r12, r12, r3, r4\n\t"                                                                   \
    "ssat r5, #8, r5, asr #" bits "\n\t"                                                           \
    "ssat r6, #8, r6, asr #" bits "\n\t"                                                           \
    "ssat r7, #8, r7, asr #" bits "\n\t"                                                           \
    "ssat r8, #8, r8, asr #" bits "\n\t"                                                           \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r10, #8, r10, asr #" bits "\n\t"                                                         \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "ssat r12, #8, r12, asr #" bits "\n\t"

/* The same for two pixels, r9, r10 and r11, r12. */
#define TE_CONV_UP_2(bits)                                                                         \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "smmla r9, r9, r1, r2\n\t"                                                                     \
    "smmla r10, r10, r1, r2\n\t"                                                                   \
    "smmla r11, r11, r3, r4\n\t"                                                                   \
    "smmla r12, r12, r3, r4\n\t"                                                                   \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r10, #8, r10, asr #" bits "\n\t"                                                         \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "ssat r12, #8, r12, asr #" bits "\n\t"

/* The same for one pixel, r9 and r11. */
#define TE_CONV_UP_1(bits)                                                                         \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "smmla r9, r9, r1, r2\n\t"                                                                     \
    "smmla r11, r11, r3, r4\n\t"                                                                   \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r11, #8, r11, asr #" bits "\n\t"

/* Sums of a in r5 to r8, of b in r9 to r12; weights in r1, r2; two pixels at a time in r3, r4.
 * 11 instructions for 16 MACs. The first pair of taps starts from the biases in r5 and r9.
 */
TE_NAKED static void te_conv_dot_4_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(
        TE_CONV_ENTER
        /* Enter 44 bytes before 2 for every pair that the unrolled loop does not divide. */
        "sub r10, r7, #1\n\t"
        "and r10, r10, #7\n\t"
        "mov r11, #44\n\t"
        "adr.w r7, 2f\n\t"
        "mls r7, r10, r11, r7\n\t"
        "orr r7, r7, #1\n\t"
        "push {r1-r10}\n\t"

        "4: ldm r0!, {r5, r9}\n\t"
        "ldr lr, [sp, #16]\n\t"
        "ldrd r1, r2, [r0], #8\n\t"
        "ldrd r3, r4, [lr, #8]\n\t"
        "smlad r7, r3, r1, r5\n\t"
        "smlad r11, r3, r2, r9\n\t"
        "smlad r8, r4, r1, r5\n\t"
        "smlad r12, r4, r2, r9\n\t"
        "ldrd r3, r4, [lr], #16\n\t"
        "smlad r6, r4, r1, r5\n\t"
        "smlad r10, r4, r2, r9\n\t"
        "smlad r5, r3, r1, r5\n\t"
        "smlad r9, r3, r2, r9\n\t"
        "ldr pc, [sp, #24]\n\t"

        "1:\n\t"
        ".rept 8\n\t"
        "ldrd r1, r2, [r0], #8\n\t"
        "ldrd r3, r4, [lr], #8\n\t"
        "smlad r5, r3, r1, r5\n\t"
        "smlad r9, r3, r2, r9\n\t"
        "smlad r6, r4, r1, r6\n\t"
        "smlad r10, r4, r2, r10\n\t"
        "ldrd r3, r4, [lr], #8\n\t"
        "smlad r7, r3, r1, r7\n\t"
        "smlad r11, r3, r2, r11\n\t"
        "smlad r8, r4, r1, r8\n\t"
        "smlad r12, r4, r2, r12\n\t"
        ".endr\n\t"
        "2: ldr r1, [sp, #20]\n\t"
        "cmp lr, r1\n\t"
        "bne 1b\n\t"
        "ldr pc, [sp, #32]\n\t"

        "6: " TE_CONV_UP_4(
            "10") "b 8f\n\t"
                  "7: " TE_CONV_UP_4(
                      "12") "b 8f\n\t"
                            "5: ldm r0!, {r1-r3}\n\t" TE_CONV_SIGNED_PAIR("r5", "r6")
                                TE_CONV_SIGNED_PAIR(
                                    "r7", "r8") "ldm r0!, {r1-r3}\n\t" TE_CONV_SIGNED_PAIR("r9",
                                                                                           "r10")
                                    TE_CONV_SIGNED_PAIR("r11", "r12") TE_CONV_STORE_4 TE_CONV_NEXT);
}

/* Sums of a in r9, r10, of b in r11, r12; weights of two pairs of taps in r1 to r4, the pixels' in
 * r5 to r8. 10 instructions for 16 MACs. An odd pair of taps comes first.
 */
TE_NAKED static void te_conv_dot_2_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_ENTER
            "and r11, r7, #6\n\t"
            "mov r12, #20\n\t"
            "adr.w r10, 2f\n\t"
            "mls r10, r11, r12, r10\n\t"
            "orr r10, r10, #1\n\t"
            "tst r7, #1\n\t"
            "adr.w r7, 3f\n\t"
            "orr r7, r7, #1\n\t"
            "it eq\n\t"
            "moveq r7, r10\n\t"
            "push {r1-r10}\n\t"

            "4: ldm r0!, {r9, r11}\n\t"
            "ldr lr, [sp, #16]\n\t"
            "mov r10, r9\n\t"
            "mov r12, r11\n\t"
            "ldr pc, [sp, #24]\n\t"

            ".balign 4\n\t"
            "3: ldrd r1, r2, [r0], #8\n\t"
            "ldrd r5, r6, [lr], #8\n\t"
            "smlad r9, r5, r1, r9\n\t"
            "smlad r11, r5, r2, r11\n\t"
            "smlad r10, r6, r1, r10\n\t"
            "smlad r12, r6, r2, r12\n\t"
            "ldr pc, [sp, #36]\n\t"

            ".balign 4\n\t"
            "1:\n\t"
            ".rept 4\n\t"
            "ldm.w r0!, {r1-r4}\n\t"
            "ldm.w lr!, {r5-r8}\n\t"
            "smlad r9, r5, r1, r9\n\t"
            "smlad r11, r5, r2, r11\n\t"
            "smlad r10, r6, r1, r10\n\t"
            "smlad r12, r6, r2, r12\n\t"
            "smlad r9, r7, r3, r9\n\t"
            "smlad r11, r7, r4, r11\n\t"
            "smlad r10, r8, r3, r10\n\t"
            "smlad r12, r8, r4, r12\n\t"
            ".endr\n\t"
            "2: ldr r1, [sp, #20]\n\t"
            "cmp lr, r1\n\t"
            "bne 1b\n\t"
            "ldr pc, [sp, #32]\n\t"

            "6: " TE_CONV_UP_2(
                "10") "b 8f\n\t"
                      "7: " TE_CONV_UP_2(
                          "12") "b 8f\n\t"
                                "5: ldm r0!, {r1-r3}\n\t" TE_CONV_SIGNED_PAIR(
                                    "r9", "r10") "ldm r0!, {r1-r3}\n\t" TE_CONV_SIGNED_PAIR("r11",
                                                                                            "r12")
                                    TE_CONV_STORE_2 TE_CONV_NEXT);
}

/* Sums in r9 and r11; weights of two pairs of taps in r1 to r4, the pixel's in r5, r6. 6
 * instructions for 8 MACs. An odd pair of taps comes first.
 */
TE_NAKED static void te_conv_dot_1_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_ENTER "and r11, r7, #14\n\t"
                          "mov r12, #12\n\t"
                          "adr.w r10, 2f\n\t"
                          "mls r10, r11, r12, r10\n\t"
                          "orr r10, r10, #1\n\t"
                          "tst r7, #1\n\t"
                          "adr.w r7, 3f\n\t"
                          "orr r7, r7, #1\n\t"
                          "it eq\n\t"
                          "moveq r7, r10\n\t"
                          "push {r1-r10}\n\t"

                          "4: ldm r0!, {r9, r11}\n\t"
                          "ldr lr, [sp, #16]\n\t"
                          "ldr pc, [sp, #24]\n\t"

                          ".balign 4\n\t"
                          "3: ldrd r1, r2, [r0], #8\n\t"
                          "ldr r5, [lr], #4\n\t"
                          "smlad r9, r5, r1, r9\n\t"
                          "smlad r11, r5, r2, r11\n\t"
                          "ldr pc, [sp, #36]\n\t"

                          "1:\n\t"
                          ".rept 8\n\t"
                          "ldm.w r0!, {r1-r4}\n\t"
                          "ldrd r5, r6, [lr], #8\n\t"
                          "smlad r9, r5, r1, r9\n\t"
                          "smlad r11, r5, r2, r11\n\t"
                          "smlad r9, r6, r3, r9\n\t"
                          "smlad r11, r6, r4, r11\n\t"
                          ".endr\n\t"
                          "2: ldr r1, [sp, #20]\n\t"
                          "cmp lr, r1\n\t"
                          "bne 1b\n\t"
                          "ldr pc, [sp, #32]\n\t"

                          "6: " TE_CONV_UP_1(
                              "10") "b 8f\n\t"
                                    "7: " TE_CONV_UP_1(
                                        "12") "b 8f\n\t"
                                              "5: ldm r0!, {r1-r3, r5-r7}\n\t"
                                              "smmlar r4, r9, r1, r2\n\t"
                                              "smmlar lr, r11, r5, r6\n\t"
                                              "add r9, r4, r9, asr #31\n\t"
                                              "add r11, lr, r11, asr #31\n\t"
                                              "asr r9, r9, r3\n\t"
                                              "asr r11, r11, r7\n\t"
                                              "ssat r9, #8, r9\n\t"
                                              "ssat r11, #8, r11\n\t" TE_CONV_STORE_1 TE_CONV_NEXT);
}

#else

static void te_conv_dot_4_w16(const te_conv_block *block)
{
    te_conv_dot_twin(block, 4, 0);
}

static void te_conv_dot_2_w16(const te_conv_block *block)
{
    te_conv_dot_twin(block, 2, 0);
}

static void te_conv_dot_1_w16(const te_conv_block *block)
{
    te_conv_dot_twin(block, 1, 0);
}

#endif

#endif
