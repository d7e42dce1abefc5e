/* Pieces of assembly that the dot products of convolutions are made of.
 *
 * Every dot product is a function of a te_conv_block that loops over the channels, two at a time:
 *
 *     4: load biases; jump into the middle of 1, so that no taps are left over
 *     1: multiply, unrolled; 2: until x_end
 *     5, 6, 7: requantize; 8: store; until weight_end
 *
 * r0 walks over the weights and lr over x.
 */
#ifndef TE_DSP_CONV_ASM_H
#define TE_DSP_CONV_ASM_H

#include "te_dsp_conv.h"

#if TE_HAS_DSP

/* What stores an output: of int8, unless the file that includes this has it otherwise. */
#ifndef TE_CONV_STR
#define TE_CONV_STR "strb"
#endif

/* Registers hold no more, so the rest stands in a frame: what r1 to r12 are pushed as, and behind it
 * the last two members of the block.
 */
typedef struct {
    int8_t *out;
    int32_t pixel_step;
    int32_t pixel_step_3;
    int32_t channel_step;
    const int32_t *x;
    const int32_t *x_end;
    uint32_t enter; /* the loop; where the block has `pairs` */
    const int32_t *weight_end;
    uint32_t requantize[3]; /* for TE_CONV_SIGNED, UP_LESS and UP_MORE */
    uint32_t enter_next;    /* the loop, after what it was entered for */
    int32_t rounding;
    int32_t offset;
} te_conv_frame;

#define TE_CONV_FRAME_OUT 0
#define TE_CONV_FRAME_PIXEL_STEP 4
#define TE_CONV_FRAME_PIXEL_STEP_3 8
#define TE_CONV_FRAME_CHANNEL_STEP 12
#define TE_CONV_FRAME_X 16
#define TE_CONV_FRAME_X_END 20
#define TE_CONV_FRAME_ENTER 24
#define TE_CONV_FRAME_WEIGHT_END 28
#define TE_CONV_FRAME_ENTER_NEXT 44
#define TE_CONV_FRAME_ROUNDING 48
#define TE_CONV_FRAME_OFFSET 52
#define TE_CONV_FRAME_NBYTES 56
#define TE_CONV_AT(name) "[sp, #" TE_TEXT(TE_CONV_FRAME_##name) "]"

TE_HOLD(te_conv_frame, out, TE_CONV_FRAME_OUT);
TE_HOLD(te_conv_frame, pixel_step, TE_CONV_FRAME_PIXEL_STEP);
TE_HOLD(te_conv_frame, pixel_step_3, TE_CONV_FRAME_PIXEL_STEP_3);
TE_HOLD(te_conv_frame, channel_step, TE_CONV_FRAME_CHANNEL_STEP);
TE_HOLD(te_conv_frame, x, TE_CONV_FRAME_X);
TE_HOLD(te_conv_frame, x_end, TE_CONV_FRAME_X_END);
TE_HOLD(te_conv_frame, enter, TE_CONV_FRAME_ENTER);
TE_HOLD(te_conv_frame, weight_end, TE_CONV_FRAME_WEIGHT_END);
TE_HOLD(te_conv_frame, requantize[0], TE_CONV_SIGNED);
TE_HOLD(te_conv_frame, requantize[1], TE_CONV_UP_LESS);
TE_HOLD(te_conv_frame, requantize[2], TE_CONV_UP_MORE);
TE_HOLD(te_conv_frame, enter_next, TE_CONV_FRAME_ENTER_NEXT);
TE_HOLD(te_conv_frame, rounding, TE_CONV_FRAME_ROUNDING);
TE_HOLD(te_conv_frame, offset, TE_CONV_FRAME_OFFSET);
_Static_assert(sizeof(te_conv_frame) == TE_CONV_FRAME_NBYTES, "assembly takes the frame off");

/* The block is the frame with the weights before it, but for what comes between. */
#define TE_CONV_BLOCK_OUT 4
#define TE_CONV_BLOCK_ROUNDING 36
TE_HOLD(te_conv_block, out, TE_CONV_BLOCK_OUT + TE_CONV_FRAME_OUT);
TE_HOLD(te_conv_block, x, TE_CONV_BLOCK_OUT + TE_CONV_FRAME_X);
TE_HOLD(te_conv_block, x_end, TE_CONV_BLOCK_OUT + TE_CONV_FRAME_X_END);
TE_HOLD(te_conv_block, pairs, TE_CONV_BLOCK_OUT + TE_CONV_FRAME_ENTER);
TE_HOLD(te_conv_block, weight_end, TE_CONV_BLOCK_OUT + TE_CONV_FRAME_WEIGHT_END);
TE_HOLD(te_conv_block, rounding, TE_CONV_BLOCK_ROUNDING);
TE_HOLD(te_conv_block, offset, TE_CONV_BLOCK_ROUNDING + 4);

/* clang-format off */
/* Begins the frame; gives r0 to r8 the members of the block. */
#define TE_CONV_ENTER                                                                              \
    "push {r4-r11, lr}\n\t"                                                                        \
    "ldrd r9, r10, [r0, #" TE_TEXT(TE_CONV_BLOCK_ROUNDING) "]\n\t"                                 \
    "push {r9, r10}\n\t"                                                                           \
    "ldm r0, {r0-r8}\n\t"

/* Makes the frame. r7 is where to enter, r12 where after that. */
#define TE_CONV_FRAME                                                                              \
    "adr.w r9, 5f + 1\n\t"                                                                         \
    "adr.w r10, 6f + 1\n\t"                                                                        \
    "adr.w r11, 7f + 1\n\t"                                                                        \
    "push {r1-r12}\n\t"

/* Takes the frame off, and returns. */
#define TE_CONV_LEAVE                                                                              \
    "add sp, sp, #" TE_TEXT(TE_CONV_FRAME_NBYTES) "\n\t"                                           \
    "pop {r4-r11, pc}\n\t"

/* From here on, for every two channels, until the records end. */
#define TE_CONV_NEXT                                                                               \
    "ldr r1, " TE_CONV_AT(WEIGHT_END) "\n\t"                                                       \
    "cmp r0, r1\n\t"                                                                               \
    "bne.w 4b\n\t"                                                                                 \
    TE_CONV_LEAVE

/* Stores four pixels of two channels, r5 to r8 and r9 to r12, and goes two channels on. */
#define TE_CONV_STORE_4                                                                            \
    "8: ldm sp, {r1-r4}\n\t"                                                                       \
    TE_CONV_STR " r5, [r1]\n\t"                                                                            \
    TE_CONV_STR " r6, [r1, r2]\n\t"                                                                        \
    TE_CONV_STR " r7, [r1, r2, lsl #1]\n\t"                                                                \
    TE_CONV_STR " r8, [r1, r3]\n\t"                                                                        \
    "add r1, r1, r4\n\t"                                                                           \
    TE_CONV_STR " r9, [r1]\n\t"                                                                            \
    TE_CONV_STR " r10, [r1, r2]\n\t"                                                                       \
    TE_CONV_STR " r11, [r1, r2, lsl #1]\n\t"                                                               \
    TE_CONV_STR " r12, [r1, r3]\n\t"                                                                       \
    "add r1, r1, r4\n\t"                                                                           \
    "str r1, " TE_CONV_AT(OUT) "\n\t"

/* Stores two pixels of two channels, r9, r10 and r11, r12. */
#define TE_CONV_STORE_2                                                                            \
    "8: ldm sp, {r1-r4}\n\t"                                                                       \
    TE_CONV_STR " r9, [r1]\n\t"                                                                            \
    TE_CONV_STR " r10, [r1, r2]\n\t"                                                                       \
    "add r1, r1, r4\n\t"                                                                           \
    TE_CONV_STR " r11, [r1]\n\t"                                                                           \
    TE_CONV_STR " r12, [r1, r2]\n\t"                                                                       \
    "add r1, r1, r4\n\t"                                                                           \
    "str r1, " TE_CONV_AT(OUT) "\n\t"

/* Stores one pixel of two channels, r9 and r11. */
#define TE_CONV_STORE_1                                                                            \
    "8: ldm sp, {r1-r4}\n\t"                                                                       \
    TE_CONV_STR " r9, [r1]\n\t"                                                                            \
    TE_CONV_STR " r11, [r1, r4]\n\t"                                                                       \
    "add r1, r1, r4, lsl #1\n\t"                                                                   \
    "str r1, " TE_CONV_AT(OUT) "\n\t"


/* Four pixels: sums of a in r5 to r8, of b in r9 to r12; weights in r1, r2; two pixels at a time in
 * r3, r4. A load that follows another takes one cycle where others take two, so they stand together:
 * 16 cycles for 16 MACs. `finish` requantizes and stores, and goes on at 4 until the records end.
 */
#define TE_CONV_DOT_4(finish)                                                                      \
    TE_CONV_ENTER                                                                                  \
    /* Enter so many bytes before 2 for every pair that the unrolled loop does not divide. */      \
    "sub r10, r7, #1\n\t"                                                                          \
    "and r10, r10, #7\n\t"                                                                         \
    "mov r11, #56\n\t"                                                                             \
    "adr.w r7, 2f + 1\n\t"                                                                         \
    "mls r7, r10, r11, r7\n\t"                                                                     \
    TE_CONV_FRAME                                                                                  \
    "4: ldr r5, [r0], #16\n\t"                                                                     \
    "ldr lr, " TE_CONV_AT(X) "\n\t"                                                                \
    "ldr r9, [r0, #-12]\n\t"                                                                       \
    "ldr r1, [r0, #-8]\n\t"                                                                        \
    "ldr r3, [lr, #8]\n\t"                                                                         \
    "ldr r2, [r0, #-4]\n\t"                                                                        \
    "ldr r4, [lr, #12]\n\t"                                                                        \
    "smlad r7, r3, r1, r5\n\t"                                                                     \
    "smlad r11, r3, r2, r9\n\t"                                                                    \
    "smlad r8, r4, r1, r5\n\t"                                                                     \
    "smlad r12, r4, r2, r9\n\t"                                                                    \
    "ldr r3, [lr], #16\n\t"                                                                        \
    "ldr r4, [lr, #-12]\n\t"                                                                       \
    "smlad r6, r4, r1, r5\n\t"                                                                     \
    "smlad r10, r4, r2, r9\n\t"                                                                    \
    "smlad r5, r3, r1, r5\n\t"                                                                     \
    "smlad r9, r3, r2, r9\n\t"                                                                     \
    "ldr pc, " TE_CONV_AT(ENTER) "\n\t"                                                            \
    ".balign 4\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 8\n\t"                                                                                  \
    "ldr r1, [r0], #8\n\t"                                                                         \
    "ldr r3, [lr], #16\n\t"                                                                        \
    "ldr r2, [r0, #-4]\n\t"                                                                        \
    "ldr r4, [lr, #-12]\n\t"                                                                       \
    "smlad r5, r3, r1, r5\n\t"                                                                     \
    "smlad r9, r3, r2, r9\n\t"                                                                     \
    "smlad r6, r4, r1, r6\n\t"                                                                     \
    "smlad r10, r4, r2, r10\n\t"                                                                   \
    "ldr r3, [lr, #-8]\n\t"                                                                        \
    "ldr r4, [lr, #-4]\n\t"                                                                        \
    "smlad r7, r3, r1, r7\n\t"                                                                     \
    "smlad r11, r3, r2, r11\n\t"                                                                   \
    "smlad r8, r4, r1, r8\n\t"                                                                     \
    "smlad r12, r4, r2, r12\n\t"                                                                   \
    ".endr\n\t"                                                                                    \
    "2: ldr r1, " TE_CONV_AT(X_END) "\n\t"                                                         \
    "cmp lr, r1\n\t"                                                                               \
    "bne.w 1b\n\t"                                                                                 \
    finish

/* Enters the unrolled loop of two pairs of taps at a time, `unrolled` pairs in all and `bytes` of
 * code per pair; before it, where the pairs are odd, label 3 for one of them.
 */
#define TE_CONV_ENTER_PAIRS(unrolled, bytes)                                                       \
    TE_CONV_ENTER                                                                                  \
    "and r11, r7, #" unrolled " - 2\n\t"                                                           \
    "mov r10, #" bytes "\n\t"                                                                      \
    "adr.w r12, 2f + 1\n\t"                                                                        \
    "mls r12, r11, r10, r12\n\t"                                                                   \
    "tst r7, #1\n\t"                                                                               \
    "adr.w r7, 3f + 1\n\t"                                                                         \
    "it eq\n\t"                                                                                    \
    "moveq r7, r12\n\t"                                                                            \
    TE_CONV_FRAME

/* Two pixels: sums of a in r9, r10, of b in r11, r12; weights of two pairs of taps in r1 to r4, the
 * pixels' in r5 to r8. `start` loads what the sums start from to r9 and r11, `weights` two pairs
 * of taps, `odd` one; `bytes` are half the code bytes of the 9 instructions here and of `weights`.
 */
#define TE_CONV_DOT_2(start, weights, odd, bytes, requantize)                                      \
    TE_CONV_ENTER_PAIRS("8", bytes)                                                                \
    "4: " start                                                                                    \
    "ldr lr, " TE_CONV_AT(X) "\n\t"                                                                \
    "mov r10, r9\n\t"                                                                              \
    "mov r12, r11\n\t"                                                                             \
    "ldr pc, " TE_CONV_AT(ENTER) "\n\t"                                                            \
    "3: " odd                                                                                      \
    "ldrd r5, r6, [lr], #8\n\t"                                                                    \
    "smlad r9, r5, r1, r9\n\t"                                                                     \
    "smlad r11, r5, r2, r11\n\t"                                                                   \
    "smlad r10, r6, r1, r10\n\t"                                                                   \
    "smlad r12, r6, r2, r12\n\t"                                                                   \
    "ldr pc, " TE_CONV_AT(ENTER_NEXT) "\n\t"                                                       \
    ".balign 4\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 4\n\t"                                                                                  \
    weights                                                                                        \
    "ldm.w lr!, {r5-r8}\n\t"                                                                       \
    "smlad r9, r5, r1, r9\n\t"                                                                     \
    "smlad r11, r5, r2, r11\n\t"                                                                   \
    "smlad r10, r6, r1, r10\n\t"                                                                   \
    "smlad r12, r6, r2, r12\n\t"                                                                   \
    "smlad r9, r7, r3, r9\n\t"                                                                     \
    "smlad r11, r7, r4, r11\n\t"                                                                   \
    "smlad r10, r8, r3, r10\n\t"                                                                   \
    "smlad r12, r8, r4, r12\n\t"                                                                   \
    ".endr\n\t"                                                                                    \
    "2: ldr r1, " TE_CONV_AT(X_END) "\n\t"                                                         \
    "cmp lr, r1\n\t"                                                                               \
    "bne 1b\n\t"                                                                                   \
    requantize                                                                                     \
    TE_CONV_STORE_2                                                                                \
    TE_CONV_NEXT

/* One pixel: sums in r9 and r11, which `start` loads; the pixel's four pairs of taps in r5 to r8;
 * x_end in r10. `quad` multiplies four pairs of taps, `bytes` are a quarter of its code; `weights`
 * loads one pair of taps to r1, r2, of whose loop `weights_bytes` are the code bytes of a pair.
 * What four does not divide comes first, at 3.
 */
#define TE_CONV_DOT_1(start, quad, bytes, weights, weights_bytes, requantize)                      \
    TE_CONV_ENTER                                                                                  \
    "and r11, r7, #12\n\t"                                                                         \
    "mov r10, #" bytes "\n\t"                                                                      \
    "adr.w r12, 2f + 1\n\t"                                                                        \
    "mls r12, r11, r10, r12\n\t"                                                                   \
    "and r11, r7, #3\n\t"                                                                          \
    "mov r10, #" weights_bytes "\n\t"                                                              \
    "adr.w r7, 3f + 1\n\t"                                                                         \
    "mls r7, r11, r10, r7\n\t"                                                                     \
    TE_CONV_FRAME                                                                                  \
    "mov r10, r6\n\t"                                                                              \
    "4: " start                                                                                    \
    "ldr lr, " TE_CONV_AT(X) "\n\t"                                                                \
    "ldr pc, " TE_CONV_AT(ENTER) "\n\t"                                                            \
    ".balign 4\n\t"                                                                                \
    ".rept 3\n\t"                                                                                  \
    weights                                                                                        \
    "ldr r5, [lr], #4\n\t"                                                                         \
    "smlad r9, r5, r1, r9\n\t"                                                                     \
    "smlad r11, r5, r2, r11\n\t"                                                                   \
    ".endr\n\t"                                                                                    \
    "3: ldr pc, " TE_CONV_AT(ENTER_NEXT) "\n\t"                                                    \
    ".balign 4\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 4\n\t"                                                                                  \
    quad                                                                                           \
    ".endr\n\t"                                                                                    \
    "2: cmp lr, r10\n\t"                                                                           \
    "bne 1b\n\t"                                                                                   \
    requantize                                                                                     \
    TE_CONV_STORE_1                                                                                \
    TE_CONV_NEXT
/* clang-format on */

#endif

#endif
