/* The dot products of te_dsp_conv_w8.h for cores that issue one instruction at a time: all four
 * channels of two pixels, whose four loads follow each other. Instructions for 16 MACs: 14, 14 and 18.
 *
 * Sums of a are in r5, r6, of b in r7, r8, of c in r9, r10, of d in r11, r12; the weights in r1, r2,
 * the pixels in r3, r4.
 */
#ifndef TE_DSP_CONV_W8_LOOPS_H
#define TE_DSP_CONV_W8_LOOPS_H

/* clang-format off */
/* Makes x_end, r6, tell the rounding, too: what lr - x_end gives when the taps end is 0 for
 * TE_CONV_UP_MORE, 1 for UP_LESS and 2 for SIGNED. Before, it is far below 0.
 */
#define TE_CONV_MARK_X_END                                                                         \
    "rsb r9, r9, #" TE_TEXT(TE_CONV_FOURS_MORE) "\n\t"                                             \
    "sub r6, r6, r9, lsr #2\n\t"

/* Multiplies on, from `start`, until the taps end. */
#define TE_CONV_UNTIL_X_END(start)                                                                 \
    "ldr r1, " TE_CONV_AT(X_END) "\n\t"                                                            \
    "subs r1, lr, r1\n\t"                                                                          \
    "bmi.w " start "\n\t"

/* Loads factors with one load after the other, which takes a cycle each but for the first: scaled biases
 * of a and c in r1, r2, their multipliers in r3, r4, the offset in lr. r0 goes to the next record.
 */
#define TE_CONV_FACTORS                                                                            \
    "ldr r1, [r0], #24\n\t"                                                                        \
    "ldr lr, " TE_CONV_FOURS_AT(OFFSET) "\n\t"                                                     \
    "ldr r2, [r0, #-20]\n\t"                                                                       \
    "ldr r3, [r0, #-16]\n\t"                                                                       \
    "ldr r4, [r0, #-12]\n\t"

/* Scaled sums of a pixel from those of its products. */
#define TE_CONV_SUMS(a, b, c, d)                                                                   \
    "sub " b ", " b ", " a "\n\t"                                                                  \
    "sub " d ", " d ", " c "\n\t"                                                                  \
    "add " a ", r1, " a ", lsl #8\n\t"                                                             \
    "add " c ", r2, " c ", lsl #8\n\t"

/* Loads the multipliers of b and d to r1, r2. */
#define TE_CONV_FACTORS_2                                                                          \
    "ldr r1, [r0, #-8]\n\t"                                                                        \
    "ldr r2, [r0, #-4]\n\t"

/* Loads where outputs go: the first pixel's to r3, the second one's r4 behind it. */
#define TE_CONV_PLACE                                                                              \
    "ldr r3, " TE_CONV_AT(OUT) "\n\t"                                                              \
    "ldr r4, " TE_CONV_AT(PIXEL_STEP) "\n\t"

#define TE_CONV_SATURATE(bits, sums)                                                               \
    ".irp sum, " sums "\n\t"                                                                       \
    "ssat \\sum, #8, \\sum, asr #" bits "\n\t"                                                     \
    ".endr\n\t"

/* Stores two pixels of four channels, whose place has been loaded; goes four channels on, until the
 * records end.
 */
#define TE_CONV_FOURS_STORE_2                                                                            \
    "ldr r1, " TE_CONV_AT(CHANNEL_STEP) "\n\t"                                                     \
    "ldr r2, " TE_CONV_AT(WEIGHT_END) "\n\t"                                                       \
    "ldr lr, " TE_CONV_AT(PIXEL_STEP_3) "\n\t"                                                     \
    "strb r5, [r3]\n\t"                                                                            \
    "strb r6, [r3, r4]\n\t"                                                                        \
    "add r5, r3, r1\n\t"                                                                           \
    "strb r7, [r5]\n\t"                                                                            \
    "strb r8, [r5, r4]\n\t"                                                                        \
    "add r3, r3, lr\n\t"                                                                           \
    "strb r9, [r3]\n\t"                                                                            \
    "strb r10, [r3, r4]\n\t"                                                                       \
    "add r3, r3, r1\n\t"                                                                           \
    "strb r11, [r3]\n\t"                                                                           \
    "strb r12, [r3, r4]\n\t"                                                                       \
    TE_CONV_FOURS_NEXT

/* The same of one pixel. */
#define TE_CONV_FOURS_STORE_1                                                                            \
    "ldr r1, " TE_CONV_AT(CHANNEL_STEP) "\n\t"                                                     \
    "ldr r2, " TE_CONV_AT(WEIGHT_END) "\n\t"                                                       \
    "ldr lr, " TE_CONV_AT(PIXEL_STEP_3) "\n\t"                                                     \
    "strb r5, [r3]\n\t"                                                                            \
    "strb r7, [r3, r1]\n\t"                                                                        \
    "add r3, r3, lr\n\t"                                                                           \
    "strb r9, [r3]\n\t"                                                                            \
    "add r3, r3, r1\n\t"                                                                           \
    "strb r11, [r3]\n\t"                                                                           \
    TE_CONV_FOURS_NEXT

/* Goes four channels on, from the place of the last one in r3, until the records end at r2. */
#define TE_CONV_FOURS_NEXT                                                                         \
    "add r3, r3, r1\n\t"                                                                           \
    "str r3, " TE_CONV_AT(OUT) "\n\t"                                                              \
    "cmp r0, r2\n\t"                                                                               \
    "bne.w 4b\n\t"

/* Outputs of two pixels, or of one, `bits` up. */
#define TE_CONV_UP_2(bits)                                                                         \
    TE_CONV_FACTORS                                                                                \
    TE_CONV_SUMS("r5", "r7", "r9", "r11")                                                          \
    TE_CONV_SUMS("r6", "r8", "r10", "r12")                                                         \
    "smmla r5, r5, r3, lr\n\t"                                                                     \
    "smmla r6, r6, r3, lr\n\t"                                                                     \
    "smmla r9, r9, r4, lr\n\t"                                                                     \
    "smmla r10, r10, r4, lr\n\t"                                                                   \
    TE_CONV_FACTORS_2                                                                              \
    TE_CONV_PLACE                                                                                  \
    "smmla r7, r7, r1, lr\n\t"                                                                     \
    "smmla r8, r8, r1, lr\n\t"                                                                     \
    "smmla r11, r11, r2, lr\n\t"                                                                   \
    "smmla r12, r12, r2, lr\n\t"                                                                   \
    TE_CONV_SATURATE(bits, "r5, r6, r7, r8, r9, r10, r11, r12")

#define TE_CONV_UP_1(bits)                                                                         \
    TE_CONV_FACTORS                                                                                \
    TE_CONV_SUMS("r5", "r7", "r9", "r11")                                                          \
    "smmla r5, r5, r3, lr\n\t"                                                                     \
    "smmla r9, r9, r4, lr\n\t"                                                                     \
    TE_CONV_FACTORS_2                                                                              \
    TE_CONV_PLACE                                                                                  \
    "smmla r7, r7, r1, lr\n\t"                                                                     \
    "smmla r11, r11, r2, lr\n\t"                                                                   \
    TE_CONV_SATURATE(bits, "r5, r7, r9, r11")

/* The output of a scaled sum, TE_CONV_SIGNED, whose low byte is the shift; `offset` is shifted. */
#define TE_CONV_SIGNED_SUM(sum, multiplier, offset, free)                                          \
    "asr " free ", " sum ", #7\n\t"                                                                \
    "smmlar " free ", " free ", " multiplier ", " offset "\n\t"                                    \
    "add " free ", " free ", " sum ", asr #31\n\t"                                                 \
    "asr " sum ", " free ", " sum "\n\t"                                                           \
    "ssat " sum ", #8, " sum ", asr #1\n\t"

#define TE_CONV_SIGNED_SUMS(sum, sum_2, multiplier, offset, free)                                  \
    "lsl " offset ", lr, " sum "\n\t"                                                              \
    TE_CONV_SIGNED_SUM(sum, multiplier, offset, free)                                              \
    TE_CONV_SIGNED_SUM(sum_2, multiplier, offset, free)

#define TE_CONV_SIGNED_2                                                                           \
    TE_CONV_FACTORS                                                                                \
    TE_CONV_SUMS("r5", "r7", "r9", "r11")                                                          \
    TE_CONV_SUMS("r6", "r8", "r10", "r12")                                                         \
    TE_CONV_SIGNED_SUMS("r5", "r6", "r3", "r1", "r2")                                              \
    TE_CONV_SIGNED_SUMS("r9", "r10", "r4", "r1", "r2")                                             \
    TE_CONV_FACTORS_2                                                                              \
    TE_CONV_SIGNED_SUMS("r7", "r8", "r1", "r3", "r4")                                              \
    TE_CONV_SIGNED_SUMS("r11", "r12", "r2", "r3", "r4")                                            \
    TE_CONV_PLACE

#define TE_CONV_SIGNED_1                                                                           \
    TE_CONV_FACTORS                                                                                \
    TE_CONV_SUMS("r5", "r7", "r9", "r11")                                                          \
    "lsl r1, lr, r5\n\t"                                                                           \
    TE_CONV_SIGNED_SUM("r5", "r3", "r1", "r2")                                                     \
    "lsl r1, lr, r9\n\t"                                                                           \
    TE_CONV_SIGNED_SUM("r9", "r4", "r1", "r2")                                                     \
    TE_CONV_FACTORS_2                                                                              \
    "lsl r3, lr, r7\n\t"                                                                           \
    TE_CONV_SIGNED_SUM("r7", "r1", "r3", "r4")                                                     \
    "lsl r3, lr, r11\n\t"                                                                          \
    TE_CONV_SIGNED_SUM("r11", "r2", "r3", "r4")                                                    \
    TE_CONV_PLACE

/* From the taps' end on: outputs as the rounding is, which r1 and the flags tell; then the records'
 * end, at 8.
 */
#define TE_CONV_FINISH(up, signed, store)                                                          \
    "bne 5f\n\t"                                                                                   \
    up("12")                                                                                       \
    store                                                                                          \
    "b 8f\n\t"                                                                                     \
    "5: cmp r1, #1\n\t"                                                                            \
    "bne 6f\n\t"                                                                                   \
    up("8")                                                                                        \
    "b 7f\n\t"                                                                                     \
    "6:\n\t"                                                                                       \
    signed                                                                                         \
    "7:\n\t"                                                                                       \
    store                                                                                          \
    "8:\n\t"

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
    end ": " TE_CONV_UNTIL_X_END(start "b")

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* Four pixels, in two rounds, or two: as the block has a step to the third or not. */
TE_NAKED static void te_conv_dot_pixels_w8(const te_conv_block *block __attribute__((unused)))
{
    __asm__("push {r4-r11, lr}\n\t"
            "ldm r0, {r0-r12}\n\t"
            TE_CONV_MARK_X_END
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
            "4: ldr r7, [r0], #16\n\t"
            "ldr lr, " TE_CONV_AT(X) "\n\t"
            "ldr r11, [r0, #-12]\n\t"
            "ldr r1, [r0, #-8]\n\t"
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
            "3:\n\t"
            TE_CONV_FINISH(TE_CONV_UP_2, TE_CONV_SIGNED_2, TE_CONV_FOURS_STORE_2)
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
    __asm__("push {r4-r11, lr}\n\t"
            "ldm r0, {r0-r12}\n\t"
            TE_CONV_MARK_X_END
            "mov r3, r12\n\t"
            "sub r11, r7, #1\n\t"
            "and r11, r11, #7\n\t"
            "adr.w r7, 2f + 1\n\t"
            "add r11, r11, r11, lsl #3\n\t"
            "sub r7, r7, r11, lsl #2\n\t"
            "sub sp, sp, #8\n\t"
            "push {r1-r12}\n\t"
            "4: ldr r7, [r0], #16\n\t"
            "ldr lr, " TE_CONV_AT(X) "\n\t"
            "ldr r11, [r0, #-12]\n\t"
            "ldr r1, [r0, #-8]\n\t"
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
            "2: " TE_CONV_UNTIL_X_END("1b")
            TE_CONV_FINISH(TE_CONV_UP_1, TE_CONV_SIGNED_1, TE_CONV_FOURS_STORE_1)
            TE_CONV_FOURS_LEAVE);
}
/* clang-format on */

#endif
