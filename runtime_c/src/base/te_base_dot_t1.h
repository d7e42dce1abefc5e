/* The dot products of te_base_dot.h in Thumb-1, for Cortex-M0, M0+ and M23.
 *
 * r0: x. r1: the channel's weights. r2, r3: words of x. r4: weight. r5, r6: sums of a chunk.
 * r7: index of the weight. r8, r9: low and high of the first pair of pixels. r10, r11: of the
 * second pair. r12: 2^15. lr: the place behind the chunks of one length. On the stack: the block.
 *
 * Instructions of a tap of two pairs of pixels with int8 weights: 7, and 8 of a chunk; of one pair: 4.5
 * and 5. Weights come from TE_T1_EVEN and TE_T1_ODD, in turn.
 */
#ifndef TE_BASE_DOT_T1_H
#define TE_BASE_DOT_T1_H

/* clang-format off */
#define TE_T1_FIRST                                                                                \
    "ldm r0!, {r5, r6}\n\t"                                                                        \
    TE_T1_EVEN                                                                                     \
    "muls r5, r4\n\t"                                                                              \
    "muls r6, r4\n\t"
#define TE_T1_TAP(weight)                                                                          \
    "ldm r0!, {r2, r3}\n\t"                                                                        \
    weight                                                                                         \
    "muls r2, r4\n\t"                                                                              \
    "muls r3, r4\n\t"                                                                              \
    "adds r5, r2\n\t"                                                                              \
    "adds r6, r3\n\t"
#define TE_T1_1 TE_T1_TAP(TE_T1_ODD)
#define TE_T1_2 TE_T1_1 TE_T1_TAP(TE_T1_EVEN)
#define TE_T1_4 TE_T1_2 TE_T1_2

#define TE_T1_AGAIN(label) "blo " label "b\n\tb 4f\n"

/* A chunk of two pairs, again until the end; then on at 4. */
#define TE_T1_CHUNK(label, taps, again)                                                            \
    label ":\n\t" taps                                                                             \
    "add r5, r12\n\t"                                                                              \
    "add r6, r12\n\t"                                                                              \
    "add r8, r5\n\t"                                                                               \
    "asrs r5, #16\n\t"                                                                             \
    "add r9, r5\n\t"                                                                               \
    "add r10, r6\n\t"                                                                              \
    "asrs r6, #16\n\t"                                                                             \
    "add r11, r6\n\t"                                                                              \
    "cmp r0, lr\n\t"                                                                               \
    again

#define TE_T1_SINGLE_FIRST                                                                         \
    "ldm r0!, {r5}\n\t"                                                                            \
    TE_T1_SINGLE_EVEN                                                                              \
    "muls r5, r4\n\t"
#define TE_T1_SINGLE_1                                                                             \
    "ldm r0!, {r2}\n\t"                                                                            \
    TE_T1_SINGLE_ODD                                                                               \
    "muls r2, r4\n\t"                                                                              \
    "adds r5, r2\n\t"
#define TE_T1_SINGLE_2                                                                             \
    "ldm r0!, {r2, r3}\n\t"                                                                        \
    TE_T1_SINGLE_ODD                                                                               \
    "muls r2, r4\n\t"                                                                              \
    "adds r5, r2\n\t"                                                                              \
    TE_T1_SINGLE_EVEN                                                                              \
    "muls r3, r4\n\t"                                                                              \
    "adds r5, r3\n\t"
#define TE_T1_SINGLE_4 TE_T1_SINGLE_2 TE_T1_SINGLE_2

/* A chunk of one pair, likewise. */
#define TE_T1_SINGLE_CHUNK(label, taps, again)                                                     \
    label ":\n\t" taps                                                                             \
    "add r5, r12\n\t"                                                                              \
    "add r8, r5\n\t"                                                                               \
    "asrs r5, #16\n\t"                                                                             \
    "add r9, r5\n\t"                                                                               \
    "cmp r0, lr\n\t"                                                                               \
    again

/* The chunks of every length, from the parts that have one, two and four taps. An odd number of taps
 * leaves a weight that is not read: SKIP.
 */
#define TE_T1_LENGTHS(CHUNK, FIRST, ONE, TWO, FOUR, SKIP)                                          \
    CHUNK("11", FIRST SKIP, TE_T1_AGAIN("11"))                                                     \
    CHUNK("12", FIRST ONE, TE_T1_AGAIN("12"))                                                      \
    CHUNK("13", FIRST TWO SKIP, TE_T1_AGAIN("13"))                                                 \
    CHUNK("14", FIRST TWO ONE, TE_T1_AGAIN("14"))                                                  \
    CHUNK("15", FIRST FOUR SKIP, TE_T1_AGAIN("15"))                                                \
    CHUNK("16", FIRST FOUR ONE, TE_T1_AGAIN("16"))                                                 \
    CHUNK("17", FIRST FOUR TWO SKIP, TE_T1_AGAIN("17"))                                            \
    CHUNK("18", FIRST FOUR TWO ONE, TE_T1_AGAIN("18"))                                             \
    CHUNK("19", FIRST FOUR FOUR TWO ONE, TE_T1_AGAIN("19"))                                        \
    CHUNK("20", FIRST FOUR FOUR FOUR TWO ONE, TE_T1_LAST_AGAIN("20"))

/* Begins a channel. The first chunk may have a length of its own: lr is then before its end. */
#define TE_T1_BEGIN                                                                                \
    ".syntax unified\n\t"                                                                          \
    "push {r4-r7, lr}\n\t"                                                                         \
    "mov r4, r8\n\t"                                                                               \
    "mov r5, r9\n\t"                                                                               \
    "mov r6, r10\n\t"                                                                              \
    "mov r7, r11\n\t"                                                                              \
    "push {r0, r4-r7}\n\t"                                                                         \
    "movs r5, #1\n\t"                                                                              \
    "lsls r5, #15\n\t"                                                                             \
    "mov r12, r5\n"                                                                                \
    "1:\n\t"                                                                                       \
    "ldr r3, [sp]\n\t"                                                                             \
    "ldr r6, " TE_BASE_AT("r3", CHANNEL) "\n\t"                                                    \
    "ldr r0, " TE_BASE_AT("r3", X) "\n\t"                                                          \
    "ldr r1, " TE_BASE_AT("r3", WEIGHT) "\n\t"                                                     \
    "ldr r4, [r6]\n\t"                                                                             \
    "ldr r2, [r6, #" TE_TEXT(TE_BASE_CHANNEL_SHAPE) "]\n\t"                                        \
    "adds r6, #" TE_TEXT(TE_BASE_CHANNEL_NBYTES) "\n\t"                                            \
    "str r6, " TE_BASE_AT("r3", CHANNEL) "\n\t"                                                    \
    "mov r9, r4\n\t"                                                                               \
    "mov r11, r4\n\t"                                                                              \
    "lsls r5, r4, #16\n\t"                                                                         \
    "adds r4, r5\n\t"                                                                              \
    "lsrs r5, r2, #16\n\t"                                                                         \
    "lsls r5, #15\n\t"                                                                             \
    "subs r4, r5\n\t"                                                                              \
    "mov r8, r4\n\t"                                                                               \
    "mov r10, r4\n\t"                                                                              \
    "movs r7, #0\n\t"                                                                              \
    "lsls r4, r2, #20\n\t"                                                                         \
    "lsrs r4, #28\n\t"                                                                             \
    "lsls r2, #16\n\t"                                                                             \
    "lsrs r2, #28\n\t"                                                                             \
    "mov r5, r0\n\t"                                                                               \
    "cmp r4, r2\n\t"                                                                               \
    "bne 2f\n\t"                                                                                   \
    "ldr r5, " TE_BASE_AT("r3", X_END) "\n"                                                        \
    "2:\n\t"                                                                                       \
    "mov lr, r5\n"                                                                                 \
    "3:\n\t"                                                                                       \
    "lsls r4, #1\n\t"                                                                              \
    "add pc, r4\n\t"                                                                               \
    "nop\n\t"                                                                                      \
    "nop\n\t"                                                                                      \
    "b 11f\n\t"                                                                                    \
    "b 12f\n\t"                                                                                    \
    "b 13f\n\t"                                                                                    \
    "b 14f\n\t"                                                                                    \
    "b 15f\n\t"                                                                                    \
    "b 16f\n\t"                                                                                    \
    "b 17f\n\t"                                                                                    \
    "b 18f\n\t"                                                                                    \
    "b 19f\n\t"                                                                                    \
    "b 20f\n"

/* Behind the chunks of one length: those of the other length, or the channel's end. */
#define TE_T1_END(STORE)                                                                           \
    "4:\n\t"                                                                                       \
    "ldr r3, [sp]\n\t"                                                                             \
    "ldr r5, " TE_BASE_AT("r3", X_END) "\n\t"                                                      \
    "cmp r0, r5\n\t"                                                                               \
    "beq 6f\n\t"                                                                                   \
    "ldr r4, " TE_BASE_AT("r3", CHANNEL) "\n\t"                                                    \
    "subs r4, #4\n\t"                                                                              \
    "ldr r4, [r4]\n\t"                                                                             \
    "lsls r4, #16\n\t"                                                                             \
    "lsrs r4, #28\n\t"                                                                             \
    "b 2b\n"                                                                                       \
    "6:\n\t"                                                                                       \
    "adds r1, r7\n\t"                                                                              \
    "str r1, " TE_BASE_AT("r3", WEIGHT) "\n\t"                                                     \
    "ldr r4, " TE_BASE_AT("r3", SUMS) "\n\t"                                                       \
    STORE                                                                                          \
    "str r4, " TE_BASE_AT("r3", SUMS) "\n\t"                                                       \
    "ldr r4, " TE_BASE_AT("r3", CHANNEL) "\n\t"                                                    \
    "ldr r5, " TE_BASE_AT("r3", CHANNEL_END) "\n\t"                                                \
    "cmp r4, r5\n\t"                                                                               \
    "beq 7f\n\t"                                                                                   \
    "b 1b\n"                                                                                       \
    "7:\n\t"                                                                                       \
    "pop {r0, r4-r7}\n\t"                                                                          \
    "mov r8, r4\n\t"                                                                               \
    "mov r9, r5\n\t"                                                                               \
    "mov r10, r6\n\t"                                                                              \
    "mov r11, r7\n\t"                                                                              \
    "pop {r4-r7, pc}"
#define TE_T1_STORE(low, high)                                                                     \
    "mov r5, " low "\n\t"                                                                          \
    "mov r6, " high "\n\t"                                                                         \
    "lsls r2, r6, #16\n\t"                                                                         \
    "subs r5, r2\n\t"                                                                              \
    "stm r4!, {r5, r6}\n\t"

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* Sums of a group of 4 pixels. */
TE_NAKED static void te_base_dot_4(te_base_block *block __attribute__((unused)))
{
    __asm__(
        TE_T1_BEGIN
        TE_T1_LENGTHS(TE_T1_CHUNK, TE_T1_FIRST, TE_T1_1, TE_T1_2, TE_T1_4, TE_T1_SKIP)
        TE_T1_END(TE_T1_STORE("r8", "r9") TE_T1_STORE("r10", "r11")));
}

/* Sums of a group of 2 pixels. */
TE_NAKED static void te_base_dot_2(te_base_block *block __attribute__((unused)))
{
    __asm__(
        TE_T1_BEGIN
        TE_T1_LENGTHS(TE_T1_SINGLE_CHUNK, TE_T1_SINGLE_FIRST, TE_T1_SINGLE_1, TE_T1_SINGLE_2,
                      TE_T1_SINGLE_4, TE_T1_SINGLE_SKIP)
        TE_T1_END(TE_T1_STORE("r8", "r9")));
}
/* clang-format on */

#pragma GCC diagnostic pop

#endif
