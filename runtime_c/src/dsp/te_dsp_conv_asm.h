/* Pieces of assembly that the dot products of convolutions are made of.
 *
 * Every dot product is a function of a te_conv_block that loops over the channels, two at a time:
 *
 *     4: load biases; jump into the middle of 1, so that no taps are left over
 *     1: multiply, unrolled; 2: until x_end
 *     5, 6, 7: requantize; 8: store; until weight_end
 *
 * r0 walks over the weights and lr over x. Registers hold no more, so the rest stands in a frame:
 *
 *     sp + 0 out, 4 pixel_step, 8 pixel_step_3, 12 channel_step, 16 x, 20 x_end, 24 where to enter,
 *     28 weight_end, 32, 36, 40 where to requantize, 44 where to enter after that, 48 rounding,
 *     52 offset
 */
#ifndef TE_DSP_CONV_ASM_H
#define TE_DSP_CONV_ASM_H

#include "te_dsp_conv.h"

#if TE_HAS_DSP

/* Begins the frame; gives r0 to r8 the members of the block. */
#define TE_CONV_ENTER                                                                              \
    "push {r4-r11, lr}\n\t"                                                                        \
    "ldrd r9, r10, [r0, #36]\n\t"                                                                  \
    "push {r9, r10}\n\t"                                                                           \
    "ldm r0, {r0-r8}\n\t"

/* Makes the frame. r7 is where to enter, r12 where after that. */
#define TE_CONV_FRAME                                                                              \
    "adr.w r9, 5f + 1\n\t"                                                                         \
    "adr.w r10, 6f + 1\n\t"                                                                        \
    "adr.w r11, 7f + 1\n\t"                                                                        \
    "push {r1-r12}\n\t"

/* From here on, for every two channels, until the records end. */
#define TE_CONV_NEXT                                                                               \
    "ldr r1, [sp, #28]\n\t"                                                                        \
    "cmp r0, r1\n\t"                                                                               \
    "bne.w 4b\n\t"                                                                                 \
    "add sp, sp, #56\n\t"                                                                          \
    "pop {r4-r11, pc}\n\t"

/* Stores four pixels of two channels, r5 to r8 and r9 to r12, and goes two channels on. */
#define TE_CONV_STORE_4                                                                            \
    "8: ldm sp, {r1-r4}\n\t"                                                                       \
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
    "str r1, [sp]\n\t"

/* Stores two pixels of two channels, r9, r10 and r11, r12. */
#define TE_CONV_STORE_2                                                                            \
    "8: ldm sp, {r1-r4}\n\t"                                                                       \
    "strb r9, [r1]\n\t"                                                                            \
    "strb r10, [r1, r2]\n\t"                                                                       \
    "add r1, r1, r4\n\t"                                                                           \
    "strb r11, [r1]\n\t"                                                                           \
    "strb r12, [r1, r2]\n\t"                                                                       \
    "add r1, r1, r4\n\t"                                                                           \
    "str r1, [sp]\n\t"

/* Stores one pixel of two channels, r9 and r11. */
#define TE_CONV_STORE_1                                                                            \
    "8: ldm sp, {r1-r4}\n\t"                                                                       \
    "strb r9, [r1]\n\t"                                                                            \
    "strb r11, [r1, r4]\n\t"                                                                       \
    "add r1, r1, r4, lsl #1\n\t"                                                                   \
    "str r1, [sp]\n\t"

/* clang-format off */

/* Four pixels: sums of a in r5 to r8, of b in r9 to r12; weights in r1, r2; two pixels at a time in
 * r3, r4. `start` loads what the sums of a and b start from to r5 and r9. `weights` loads a pair
 * of taps of both channels; `bytes` are the code bytes of the 10 instructions here and of
 * `weights`; `requantize` goes to its labels 5 to 7.
 */
#define TE_CONV_DOT_4(start, weights, bytes, requantize)                                                  \
    TE_CONV_ENTER                                                                                  \
    /* Enter so many bytes before 2 for every pair that the unrolled loop does not divide. */      \
    "sub r10, r7, #1\n\t"                                                                          \
    "and r10, r10, #7\n\t"                                                                         \
    "mov r11, #" bytes "\n\t"                                                                      \
    "adr.w r7, 2f + 1\n\t"                                                                         \
    "mls r7, r10, r11, r7\n\t"                                                                     \
    TE_CONV_FRAME                                                                                  \
    "4: " start                                                                                    \
    "ldr lr, [sp, #16]\n\t"                                                                        \
    weights                                                                                        \
    "ldrd r3, r4, [lr, #8]\n\t"                                                                    \
    "smlad r7, r3, r1, r5\n\t"                                                                     \
    "smlad r11, r3, r2, r9\n\t"                                                                    \
    "smlad r8, r4, r1, r5\n\t"                                                                     \
    "smlad r12, r4, r2, r9\n\t"                                                                    \
    "ldrd r3, r4, [lr], #16\n\t"                                                                   \
    "smlad r6, r4, r1, r5\n\t"                                                                     \
    "smlad r10, r4, r2, r9\n\t"                                                                    \
    "smlad r5, r3, r1, r5\n\t"                                                                     \
    "smlad r9, r3, r2, r9\n\t"                                                                     \
    "ldr pc, [sp, #24]\n\t"                                                                        \
    ".balign 4\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 8\n\t"                                                                                  \
    weights                                                                                        \
    "ldrd r3, r4, [lr], #8\n\t"                                                                    \
    "smlad r5, r3, r1, r5\n\t"                                                                     \
    "smlad r9, r3, r2, r9\n\t"                                                                     \
    "smlad r6, r4, r1, r6\n\t"                                                                     \
    "smlad r10, r4, r2, r10\n\t"                                                                   \
    "ldrd r3, r4, [lr], #8\n\t"                                                                    \
    "smlad r7, r3, r1, r7\n\t"                                                                     \
    "smlad r11, r3, r2, r11\n\t"                                                                   \
    "smlad r8, r4, r1, r8\n\t"                                                                     \
    "smlad r12, r4, r2, r12\n\t"                                                                   \
    ".endr\n\t"                                                                                    \
    "2: ldr r1, [sp, #20]\n\t"                                                                     \
    "cmp lr, r1\n\t"                                                                               \
    "bne 1b\n\t"                                                                                   \
    requantize                                                                                     \
    TE_CONV_STORE_4                                                                                \
    TE_CONV_NEXT

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
#define TE_CONV_DOT_2(start, weights, odd, bytes, requantize)                                             \
    TE_CONV_ENTER_PAIRS("8", bytes)                                                                \
    "4: " start                                                                                    \
    "ldr lr, [sp, #16]\n\t"                                                                        \
    "mov r10, r9\n\t"                                                                              \
    "mov r12, r11\n\t"                                                                             \
    "ldr pc, [sp, #24]\n\t"                                                                        \
    "3: " odd                                                                                      \
    "ldrd r5, r6, [lr], #8\n\t"                                                                    \
    "smlad r9, r5, r1, r9\n\t"                                                                     \
    "smlad r11, r5, r2, r11\n\t"                                                                   \
    "smlad r10, r6, r1, r10\n\t"                                                                   \
    "smlad r12, r6, r2, r12\n\t"                                                                   \
    "ldr pc, [sp, #44]\n\t"                                                                        \
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
    "2: ldr r1, [sp, #20]\n\t"                                                                     \
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
#define TE_CONV_DOT_1(start, quad, bytes, weights, weights_bytes, requantize)                             \
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
    "ldr lr, [sp, #16]\n\t"                                                                        \
    "ldr pc, [sp, #24]\n\t"                                                                        \
    ".balign 4\n\t"                                                                                \
    ".rept 3\n\t"                                                                                  \
    weights                                                                                        \
    "ldr r5, [lr], #4\n\t"                                                                         \
    "smlad r9, r5, r1, r9\n\t"                                                                     \
    "smlad r11, r5, r2, r11\n\t"                                                                   \
    ".endr\n\t"                                                                                    \
    "3: ldr pc, [sp, #44]\n\t"                                                                     \
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
