/* The dot products of te_dsp_conv_w8.h for cores that issue one instruction at a time: all four
 * channels of two pixels, whose four loads follow each other. Instructions for 16 MACs: 14, 14 and 18.
 *
 * Sums of a are in r5, r6, of b in r7, r8, of c in r9, r10, of d in r11, r12; the weights in r1, r2,
 * the pixels in r3, r4.
 */
#ifndef TE_DSP_CONV_W8_LOOPS_H
#define TE_DSP_CONV_W8_LOOPS_H

/* clang-format off */
/* Requantizes two pixels' sums of four channels with the multipliers in r1 to r4. */
#define TE_CONV_UP_2(bits)                                                                         \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "ldr lr, " TE_CONV_FOURS_AT(OFFSET) "\n\t"                                                           \
    "smmla r5, r5, r1, lr\n\t"                                                                     \
    "smmla r6, r6, r1, lr\n\t"                                                                     \
    "smmla r7, r7, r3, lr\n\t"                                                                     \
    "smmla r8, r8, r3, lr\n\t"                                                                     \
    "smmla r9, r9, r2, lr\n\t"                                                                     \
    "smmla r10, r10, r2, lr\n\t"                                                                   \
    "smmla r11, r11, r4, lr\n\t"                                                                   \
    "smmla r12, r12, r4, lr\n\t"                                                                   \
    ".irp sum, r5, r6, r7, r8, r9, r10, r11, r12\n\t"                                              \
    "ssat \\sum, #8, \\sum, asr #" bits "\n\t"                                                     \
    ".endr\n\t"

/* The same of one pixel. */
#define TE_CONV_UP_1(bits)                                                                         \
    "ldm r0!, {r1-r4}\n\t"                                                                         \
    "ldr lr, " TE_CONV_FOURS_AT(OFFSET) "\n\t"                                                           \
    "smmla r5, r5, r1, lr\n\t"                                                                     \
    "smmla r7, r7, r3, lr\n\t"                                                                     \
    "smmla r9, r9, r2, lr\n\t"                                                                     \
    "smmla r11, r11, r4, lr\n\t"                                                                   \
    ".irp sum, r5, r7, r9, r11\n\t"                                                                \
    "ssat \\sum, #8, \\sum, asr #" bits "\n\t"                                                     \
    ".endr\n\t"

/* Outputs of a channel, whose multiplier is `at` bytes ahead. */
#define TE_CONV_SIGNED_OF(at, sum, sum_2)                                                          \
    "mov r1, " sum "\n\t"                                                                          \
    "ldr r2, [r0, #" at "]\n\t"                                                                    \
    TE_CONV_SIGNED_OFFSET                                                                          \
    TE_CONV_SIGNED_PAIR(sum, sum_2, "r2")

#define TE_CONV_SIGNED_FOURS                                                                       \
    TE_CONV_SIGNED_OF("0", "r5", "r6")                                                             \
    TE_CONV_SIGNED_OF("4", "r9", "r10")                                                            \
    TE_CONV_SIGNED_OF("8", "r7", "r8")                                                             \
    TE_CONV_SIGNED_OF("12", "r11", "r12")                                                          \
    "add r0, r0, #16\n\t"

#define TE_CONV_REQUANTIZE(up)                                                                     \
    "ldr pc, " TE_CONV_FOURS_AT(REQUANTIZE) "\n\t"                                                         \
    "5: " TE_CONV_SIGNED_FOURS "b 8f\n\t"                                                          \
    "6: " up("8") "b 8f\n\t"                                                                       \
    "7: " up("12")                                                                                 \
    "8: ldm sp, {r1-r4}\n\t"

/* Goes four channels on, from the place of the last one in r1, until the records end. */
#define TE_CONV_FOURS_NEXT                                                                         \
    "add r1, r1, r4\n\t"                                                                           \
    "str r1, " TE_CONV_AT(OUT) "\n\t"                                                              \
    "ldr r1, " TE_CONV_AT(WEIGHT_END) "\n\t"                                                       \
    "cmp r0, r1\n\t"                                                                               \
    "bne.w 4b\n\t"

/* Multiplies pairs of taps of two pixels that stand `step` bytes apart, until x ends, 56 bytes
 * of code for each of as many pairs as `unrolled`.
 */
#define TE_CONV_FOURS_TAPS(start, end, unrolled, step)                                             \
    start ":\n\t"                                                                                  \
    ".rept " unrolled "\n\t"                                                                       \
    "ldr.w r1, [r0], #8\n\t"                                                                       \
    "ldr.w r3, [lr, #" step "]!\n\t"                                                               \
    "ldr r2, [r0, #-4]\n\t"                                                                      \
    "ldr.w r4, [lr, #4]\n\t"                                                                       \
    "smlad r7, r3, r1, r7\n\t"                                                                     \
    "smlad r8, r4, r1, r8\n\t"                                                                     \
    "sxtb16 r1, r1\n\t"                                                                            \
    "smlad r11, r3, r2, r11\n\t"                                                                   \
    "smlad r12, r4, r2, r12\n\t"                                                                   \
    "sxtb16 r2, r2\n\t"                                                                            \
    "smlad r5, r3, r1, r5\n\t"                                                                     \
    "smlad r6, r4, r1, r6\n\t"                                                                     \
    "smlad r9, r3, r2, r9\n\t"                                                                     \
    "smlad r10, r4, r2, r10\n\t"                                                                   \
    ".endr\n\t"                                                                                    \
    end ": ldr r1, " TE_CONV_AT(X_END) "\n\t"                                                      \
    "cmp lr, r1\n\t"                                                                               \
    "bne.w " start "b\n\t"

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* Four pixels, in two rounds, or two: as the block has a step to the third or not. */
TE_NAKED static void te_conv_dot_pixels_w8(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_FOURS_ENTER
            /* The frame has the step from a to c as third member, and begins again with pixels 2 and 3. */
            "push {r0, lr}\n\t"
            "sub lr, r3, r11\n\t"
            "mov r3, r12\n\t"
            "mov r12, lr\n\t"
            /* The loops begin with the second pair, and go to x before they load. */
            "sub lr, r7, #1\n\t"
            "adr.w r7, 2f + 1\n\t"
            "sub r6, r6, #8\n\t"
            "cmp r11, #0\n\t"
            "itete eq\n\t"
            "adreq.w r7, 12f + 1\n\t"
            "subne r6, r6, #8\n\t"
            "andeq lr, lr, #3\n\t"
            "addne r11, r11, r1\n\t"
            "and lr, lr, #7\n\t"
            "rsb lr, lr, lr, lsl #3\n\t"
            "sub r7, r7, lr, lsl #3\n\t"
            "push {r1-r12}\n\t"
            "4: ldrd r7, r11, [r0], #8\n\t"
            "ldr lr, " TE_CONV_AT(X) "\n\t"
            "ldr r1, [r0], #8\n\t"
            "ldr r3, [lr]\n\t"
            "ldr r2, [r0, #-4]\n\t"
            "ldr r4, [lr, #4]\n\t"
            "smlad r8, r4, r1, r7\n\t"
            "smlad r7, r3, r1, r7\n\t"
            "sxtb16 r1, r1\n\t"
            "smlad r12, r4, r2, r11\n\t"
            "smlad r11, r3, r2, r11\n\t"
            "sxtb16 r2, r2\n\t"
            "smuad r5, r3, r1\n\t"
            "smuad r6, r4, r1\n\t"
            "smuad r9, r3, r2\n\t"
            "smuad r10, r4, r2\n\t"
            "ldr pc, " TE_CONV_AT(ENTER) "\n\t"
            ".balign 4\n\t"
            TE_CONV_FOURS_TAPS("11", "12", "4", "8")
            "b.w 3f\n\t"
            ".balign 4\n\t"
            TE_CONV_FOURS_TAPS("1", "2", "8", "16")
            "3: ldrd r1, r2, [r0], #8\n\t"
            "sub r7, r7, r5\n\t"
            "sub r8, r8, r6\n\t"
            "sub r11, r11, r9\n\t"
            "sub r12, r12, r10\n\t"
            "add r5, r1, r5, lsl #8\n\t"
            "add r6, r1, r6, lsl #8\n\t"
            "add r9, r2, r9, lsl #8\n\t"
            "add r10, r2, r10, lsl #8\n\t"
            TE_CONV_REQUANTIZE(TE_CONV_UP_2)
            "strb r5, [r1]\n\t"
            "strb r6, [r1, r2]\n\t"
            "add lr, r1, r4\n\t"
            "strb r7, [lr]\n\t"
            "strb r8, [lr, r2]\n\t"
            "add r1, r1, r3\n\t"
            "strb r9, [r1]\n\t"
            "strb r10, [r1, r2]\n\t"
            "add r1, r1, r4\n\t"
            "strb r11, [r1]\n\t"
            "strb r12, [r1, r2]\n\t"
            TE_CONV_FOURS_NEXT
            "ldrd r1, r2, " TE_CONV_FOURS_AT(AGAIN) "\n\t"
            "cmp r1, #0\n\t"
            "beq 9f\n\t"
            "strd r1, r2, " TE_CONV_AT(OUT) "\n\t"
            "ldrd r1, r2, " TE_CONV_AT(X) "\n\t"
            "adds r1, #8\n\t"
            "adds r2, #8\n\t"
            "strd r1, r2, " TE_CONV_AT(X) "\n\t"
            "movs r1, #0\n\t"
            "str r1, " TE_CONV_FOURS_AT(AGAIN) "\n\t"
            "ldr r0, " TE_CONV_FOURS_AT(WEIGHT) "\n\t"
            "b.w 4b\n\t"
            "9:" TE_CONV_FOURS_LEAVE);
}

#pragma GCC diagnostic pop

static inline void te_conv_dot_4_w8(const te_conv_block *block)
{
    te_conv_dot_pixels_w8(block);
}

static inline void te_conv_dot_2_w8(const te_conv_block *block)
{
    te_conv_dot_pixels_w8(block);
}

TE_NAKED static void te_conv_dot_1_w8(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_FOURS_ENTER
            "mov r3, r12\n\t"
            "sub r11, r7, #1\n\t"
            "and r11, r11, #7\n\t"
            "adr.w r7, 2f + 1\n\t"
            "add r11, r11, r11, lsl #3\n\t"
            "sub r7, r7, r11, lsl #2\n\t"
            "sub sp, sp, #8\n\t"
            "push {r1-r12}\n\t"
            "4: ldrd r7, r11, [r0], #8\n\t"
            "ldr lr, " TE_CONV_AT(X) "\n\t"
            "ldr r1, [r0], #8\n\t"
            "ldr r3, [lr], #4\n\t"
            "ldr r2, [r0, #-4]\n\t"
            "smlad r7, r3, r1, r7\n\t"
            "sxtb16 r1, r1\n\t"
            "smlad r11, r3, r2, r11\n\t"
            "sxtb16 r2, r2\n\t"
            "smuad r5, r3, r1\n\t"
            "smuad r9, r3, r2\n\t"
            "ldr pc, " TE_CONV_AT(ENTER) "\n\t"
            ".balign 4\n\t"
            "1:\n\t"
            ".rept 8\n\t"
            "ldr.w r1, [r0], #8\n\t"
            "ldr.w r3, [lr], #4\n\t"
            "ldr r2, [r0, #-4]\n\t"
            "smlad r7, r3, r1, r7\n\t"
            "sxtb16 r1, r1\n\t"
            "smlad r11, r3, r2, r11\n\t"
            "sxtb16 r2, r2\n\t"
            "smlad r5, r3, r1, r5\n\t"
            "smlad r9, r3, r2, r9\n\t"
            ".endr\n\t"
            "2: ldr r1, " TE_CONV_AT(X_END) "\n\t"
            "cmp lr, r1\n\t"
            "bne.w 1b\n\t"
            "ldrd r1, r2, [r0], #8\n\t"
            "sub r7, r7, r5\n\t"
            "sub r11, r11, r9\n\t"
            "add r5, r1, r5, lsl #8\n\t"
            "add r9, r2, r9, lsl #8\n\t"
            TE_CONV_REQUANTIZE(TE_CONV_UP_1)
            "strb r5, [r1]\n\t"
            "strb r7, [r1, r4]\n\t"
            "add r1, r1, r3\n\t"
            "strb r9, [r1]\n\t"
            "add r1, r1, r4\n\t"
            "strb r11, [r1]\n\t"
            TE_CONV_FOURS_NEXT
            TE_CONV_FOURS_LEAVE);
}
/* clang-format on */

#endif
