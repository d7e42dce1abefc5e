/* The dot products of te_base_dot.h in Thumb-1, for Cortex-M0, M0+ and M23.
 *
 * r0: x. r1: the channel's weights. r2, r3: words of x. r4: weight. r5, r6: sums of a chunk.
 * r7: index of the weight. r8, r9: low and high of the first pair of pixels. r10, r11: of the
 * second pair. r12: what the chunk starts from. lr: 2^15. On the stack: the block.
 *
 * Instructions of a tap of two pairs of pixels with int8 weights: 7, and 16 of a chunk; of one pair: 4.5
 * and 13. Weights come from TE_T1_EVEN and TE_T1_ODD, in turn.
 */
#ifndef TE_BASE_DOT_T1_H
#define TE_BASE_DOT_T1_H

/* Where assembly finds the members of a block. */
#define TE_T1_WEIGHT 0
#define TE_T1_CHANNEL 4
#define TE_T1_CHANNEL_END 8
#define TE_T1_X 12
#define TE_T1_SUMS 16
#define TE_T1_SHAPE 4
#define TE_T1_CHANNEL_NBYTES 12
#define TE_T1_AT(name) "[r3, #" TE_TEXT(TE_T1_##name) "]"

TE_HOLD(te_base_block, weight, TE_T1_WEIGHT);
TE_HOLD(te_base_block, channel, TE_T1_CHANNEL);
TE_HOLD(te_base_block, channel_end, TE_T1_CHANNEL_END);
TE_HOLD(te_base_block, x, TE_T1_X);
TE_HOLD(te_base_block, sums, TE_T1_SUMS);
_Static_assert(TE_BASE_BIAS == 0, "assembly reads the bias first");
_Static_assert(TE_BASE_SHAPE * 4 == TE_T1_SHAPE, "assembly reads the shape");
_Static_assert(TE_BASE_WORDS * 4 == TE_T1_CHANNEL_NBYTES, "assembly goes to the next channel");

/* clang-format off */
/* The first two taps of a chunk, and two more. */
#define TE_T1_TAP(weight)                                                                          \
    "ldm r0!, {r2, r3}\n\t"                                                                        \
    weight                                                                                         \
    "muls r2, r4\n\t"                                                                              \
    "muls r3, r4\n\t"                                                                              \
    "adds r5, r2\n\t"                                                                              \
    "adds r6, r3\n\t"
#define TE_T1_FIRST                                                                                \
    "ldm r0!, {r5, r6}\n\t"                                                                        \
    TE_T1_EVEN                                                                                     \
    "muls r5, r4\n\t"                                                                              \
    "muls r6, r4\n\t"                                                                              \
    "add r5, r12\n\t"                                                                              \
    "add r6, r12\n\t"                                                                              \
    TE_T1_TAP(TE_T1_ODD)
#define TE_T1_TAPS TE_T1_TAP(TE_T1_EVEN) TE_T1_TAP(TE_T1_ODD)
#define TE_T1_SUM                                                                                  \
    "add r8, r5\n\t"                                                                               \
    "asrs r5, #16\n\t"                                                                             \
    "add r9, r5\n\t"                                                                               \
    "add r10, r6\n\t"                                                                              \
    "asrs r6, #16\n\t"                                                                             \
    "add r11, r6\n\t"

/* The same of one pair of pixels. */
#define TE_T1_SINGLE_FIRST                                                                         \
    "ldm r0!, {r3, r5}\n\t"                                                                        \
    TE_T1_SINGLE_EVEN                                                                              \
    "muls r3, r4\n\t"                                                                              \
    TE_T1_SINGLE_ODD                                                                               \
    "muls r5, r4\n\t"                                                                              \
    "adds r5, r3\n\t"                                                                              \
    "add r5, r12\n\t"
#define TE_T1_SINGLE_TAPS                                                                          \
    "ldm r0!, {r2, r3}\n\t"                                                                        \
    TE_T1_SINGLE_EVEN                                                                              \
    "muls r2, r4\n\t"                                                                              \
    "adds r5, r2\n\t"                                                                              \
    TE_T1_SINGLE_ODD                                                                               \
    "muls r3, r4\n\t"                                                                              \
    "adds r5, r3\n\t"
#define TE_T1_SINGLE_SUM "add r8, r5\n\tasrs r5, #16\n\tadd r9, r5\n\t"

/* The taps behind the first two, from as many as twice the code in r4 says: none at 10, 14 at 15,
 * the channel's end at 6; BACK goes back by one. Then the chunk is summed up.
 */
#define TE_T1_CHUNK(TAPS, SUM, BACK)                                                               \
    "add pc, r4\n\t"                                                                               \
    "nop\n\t"                                                                                      \
    "b 10f\n\t"                                                                                    \
    "b 11f\n\t"                                                                                    \
    "b 12f\n\t"                                                                                    \
    "b 13f\n\t"                                                                                    \
    "b 14f\n\t"                                                                                    \
    "b 15f\n\t"                                                                                    \
    "b 6f\n\t" BACK                                                                                \
    "b 10f\n"                                                                                      \
    "15:\n\t" TAPS TAPS TAPS                                                                       \
    "14:\n\t" TAPS                                                                                 \
    "13:\n\t" TAPS                                                                                 \
    "12:\n\t" TAPS                                                                                 \
    "11:\n\t" TAPS                                                                                 \
    "10:\n\t" SUM

/* Two chunks and two again, until one of them is the channel's last. */
#define TE_T1_CHUNKS(FIRST, TAPS, SUM, BACK)                                                       \
    "2:\n\t" FIRST                                                                                 \
    "ldrb r4, [r1, r7]\n\t"                                                                        \
    "adds r7, #1\n\t"                                                                              \
    "mov r12, lr\n\t"                                                                              \
    "add r12, r4\n\t"                                                                              \
    "lsls r4, #29\n\t"                                                                             \
    "lsrs r4, #28\n\t"                                                                             \
    TE_T1_CHUNK(TAPS, SUM, BACK) FIRST                                                             \
    "mov r4, r12\n\t"                                                                              \
    "lsls r4, #26\n\t"                                                                             \
    "lsrs r4, #29\n\t"                                                                             \
    "lsls r4, #1\n\t"                                                                              \
    TE_T1_CHUNK(TAPS, SUM, BACK)                                                                   \
    "b 2b\n"                                                                                       \
    "6:\n\t" SUM

/* Begins a channel. */
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
    "mov lr, r5\n"                                                                                 \
    "1:\n\t"                                                                                       \
    "ldr r3, [sp]\n\t"                                                                             \
    "ldr r6, " TE_T1_AT(CHANNEL) "\n\t"                                                            \
    "ldr r0, " TE_T1_AT(X) "\n\t"                                                                  \
    "ldr r1, " TE_T1_AT(WEIGHT) "\n\t"                                                             \
    "ldr r4, [r6]\n\t"                                                                             \
    "ldr r2, [r6, #" TE_TEXT(TE_T1_SHAPE) "]\n\t"                                                  \
    "adds r6, #" TE_TEXT(TE_T1_CHANNEL_NBYTES) "\n\t"                                              \
    "str r6, " TE_T1_AT(CHANNEL) "\n\t"                                                            \
    "mov r9, r4\n\t"                                                                               \
    "mov r11, r4\n\t"                                                                              \
    "lsls r5, r4, #16\n\t"                                                                         \
    "adds r4, r5\n\t"                                                                              \
    "lsrs r2, #5\n\t"                                                                              \
    "subs r4, r2\n\t"                                                                              \
    "mov r8, r4\n\t"                                                                               \
    "mov r10, r4\n\t"                                                                              \
    "mov r12, lr\n\t"                                                                              \
    "movs r7, #0\n"

/* Ends a channel. */
#define TE_T1_END(STORE)                                                                           \
    "ldr r3, [sp]\n\t"                                                                             \
    "adds r1, r7\n\t"                                                                              \
    "str r1, " TE_T1_AT(WEIGHT) "\n\t"                                                             \
    "ldr r4, " TE_T1_AT(SUMS) "\n\t"                                                               \
    STORE                                                                                          \
    "str r4, " TE_T1_AT(SUMS) "\n\t"                                                               \
    "ldr r4, " TE_T1_AT(CHANNEL) "\n\t"                                                            \
    "ldr r5, " TE_T1_AT(CHANNEL_END) "\n\t"                                                        \
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
        TE_T1_CHUNKS(TE_T1_FIRST, TE_T1_TAPS, TE_T1_SUM, "subs r0, #8\n\t")
        TE_T1_END(TE_T1_STORE("r8", "r9") TE_T1_STORE("r10", "r11")));
}

/* Sums of a group of 2 pixels. */
TE_NAKED static void te_base_dot_2(te_base_block *block __attribute__((unused)))
{
    __asm__(
        TE_T1_BEGIN
        TE_T1_CHUNKS(TE_T1_SINGLE_FIRST, TE_T1_SINGLE_TAPS, TE_T1_SINGLE_SUM, "subs r0, #4\n\t")
        TE_T1_END(TE_T1_STORE("r8", "r9")));
}
/* clang-format on */

#pragma GCC diagnostic pop

#endif
