/* The outputs of te_base_channels.h in Thumb-2, for Cortex-M3 and everything above it.
 *
 * r0: weights. r1: x. r2-r5: words of x. r6: weight. r7, r8: sums of a chunk. r9, r10: low and high
 * of the first pair of pixels. r11, r12: of the second pair. lr: what the chunk starts from. On the
 * stack: the group.
 *
 * Instructions of a tap of two pairs of pixels with int8 weights: 3.5, and 7 of a chunk; of one pair:
 * 2.5 and 5. Weights come from TE_T2_EVEN and TE_T2_ODD, in turn. Beside, a channel has 50 and 32.
 */
#ifndef TE_BASE_CHANNELS_T2_H
#define TE_BASE_CHANNELS_T2_H

/* Where the members of the group stand on the stack; the weights are in r0. */
#define TE_T2_X 0
#define TE_T2_CHANNEL 4
#define TE_T2_OUT 8
#define TE_T2_CHANNEL_END 12
#define TE_T2_HALF 16
#define TE_T2_CHANNEL_STEP 20
#define TE_T2_OFFSETS 24
#define TE_T2_LAST_OFFSET 32
#define TE_T2_NBYTES 36
#define TE_T2_SHAPE 4
#define TE_T2_CHANNEL_NBYTES 12
#define TE_T2_AT(name) "[sp, #" TE_TEXT(TE_T2_##name) "]"

TE_HOLD(te_base_group, x, TE_T2_X);
TE_HOLD(te_base_group, channel, TE_T2_CHANNEL);
TE_HOLD(te_base_group, out, TE_T2_OUT);
TE_HOLD(te_base_group, channel_end, TE_T2_CHANNEL_END);
TE_HOLD(te_base_group, half, TE_T2_HALF);
TE_HOLD(te_base_group, channel_step, TE_T2_CHANNEL_STEP);
TE_HOLD(te_base_group, offset, TE_T2_OFFSETS);
TE_HOLD(te_base_group, weight, TE_T2_NBYTES);
_Static_assert(TE_BASE_BIAS == 0, "assembly reads the bias first");
_Static_assert(TE_BASE_SHAPE * 4 == TE_T2_SHAPE, "assembly reads the shape behind the bias");
_Static_assert(TE_BASE_MULTIPLIER == 2, "assembly reads the multiplier behind the shape");
_Static_assert(TE_BASE_WORDS * 4 == TE_T2_CHANNEL_NBYTES, "assembly goes to the next channel");

/* clang-format off */
/* Two taps; the sums of those before are in `a` and `b`. */
#define TE_T2_TAPS(a, b)                                                                           \
    "ldm.w r1!, {r2-r5}\n\t"                                                                       \
    TE_T2_EVEN "mla r7, r2, r6, " a "\n\tmla r8, r3, r6, " b "\n\t"                                \
    TE_T2_ODD "mla r7, r4, r6, r7\n\tmla r8, r5, r6, r8\n\t"
#define TE_T2_SUM                                                                                  \
    "add r9, r9, r7\n\tadd r10, r10, r7, asr #16\n\t"                                              \
    "add r11, r11, r8\n\tadd r12, r12, r8, asr #16\n\t"

/* The same of one pair of pixels. */
#define TE_T2_SINGLE_TAPS(a, b)                                                                    \
    "ldm r1!, {r2, r3}\n\t"                                                                        \
    TE_T2_EVEN "mla r7, r2, r6, " a "\n\t" TE_T2_ODD "mla r7, r3, r6, r7\n\t"
#define TE_T2_SINGLE_SUM "add r9, r9, r7\n\tadd r10, r10, r7, asr #16\n\t"

/* The taps behind the first two, from as many as the code in r6 says: none at 10, 14 at 15, the
 * channel's end at 6; BACK goes back by one. Then the chunk is summed up.
 */
#define TE_T2_CHUNK(TAPS, SUM, BACK, entries)                                                      \
    "tbb [pc, r6]\n"                                                                               \
    "9:\n\t"                                                                                       \
    ".rept " entries "\n\t"                                                                        \
    ".byte (10f - 9b) / 2, (11f - 9b) / 2, (12f - 9b) / 2, (13f - 9b) / 2, (14f - 9b) / 2\n\t"     \
    ".byte (15f - 9b) / 2, (16f - 9b) / 2, (17f - 9b) / 2\n\t"                                     \
    ".endr\n"                                                                                      \
    "16:\n\tb.w 6f\n"                                                                              \
    "17:\n\t" BACK "b 10f\n"                                                                       \
    "15:\n\t" TAPS("r7", "r8") TAPS("r7", "r8") TAPS("r7", "r8")                                   \
    "14:\n\t" TAPS("r7", "r8")                                                                     \
    "13:\n\t" TAPS("r7", "r8")                                                                     \
    "12:\n\t" TAPS("r7", "r8")                                                                     \
    "11:\n\t" TAPS("r7", "r8")                                                                     \
    "10:\n\t" SUM

/* Two chunks and two again, until one of them is the channel's last. */
#define TE_T2_CHUNKS(TAPS, SUM, BACK)                                                              \
    "2:\n\t" TAPS("lr", "lr")                                                                      \
    "ldrb r6, [r0], #1\n\t"                                                                        \
    "orr lr, r6, #0x8000\n\t"                                                                      \
    TE_T2_CHUNK(TAPS, SUM, BACK, "8") TAPS("lr", "lr")                                             \
    "ubfx r6, lr, #3, #3\n\t"                                                                      \
    TE_T2_CHUNK(TAPS, SUM, BACK, "1")                                                              \
    "b.w 2b\n"                                                                                     \
    "6:\n\t" SUM

/* Begins a channel; COPY has the second pair of pixels start as the first. */
#define TE_T2_BEGIN(COPY)                                                                          \
    "push {r4-r11, lr}\n\t"                                                                        \
    "ldm r0!, {r1-r9}\n\t"                                                                         \
    "ldr r0, [r0]\n\t"                                                                             \
    "push {r1-r9}\n"                                                                               \
    "1:\n\t"                                                                                       \
    "ldrd r1, r5, " TE_T2_AT(X) "\n\t"                                                             \
    "ldrd r10, r3, [r5]\n\t"                                                                       \
    "mov lr, #0x8000\n\t"                                                                          \
    "add r9, r10, r10, lsl #16\n\t"                                                                \
    "sub r9, r9, r3, lsr #5\n\t" COPY

/* The output of a sum, to r8. The multiplier m stands as 2m - 2^32, and the sum is added for the
 * rest; r3 is the shift but for its last bit.
 */
#define TE_T2_OUTPUT(sum, round)                                                                   \
    round(sum)                                                                                     \
    "asr r8, r8, r3\n\t"                                                                           \
    "ssat r8, #8, r8, asr #1\n\t"

/* te_base_output: the half that rounds is in the low word. */
#define TE_T2_ROUND_TWICE(sum)                                                                     \
    "mov r7, #0x80000000\n\t"                                                                      \
    "add r8, r4, " sum "\n\t"                                                                      \
    "smlal r7, r8, " sum ", r2\n\t"                                                                \
    "add r8, r8, " sum ", asr #31\n\t"

/* te_base_output_once. */
#define TE_T2_ROUND_ONCE(sum)                                                                      \
    "smull r7, r8, " sum ", r2\n\t"                                                                \
    "add r7, r4, " sum "\n\t"                                                                      \
    "add r8, r8, r7\n\t"

/* Ends a channel: outputs of the first pair of pixels, then STORE. */
#define TE_T2_END(LOWS, STORE)                                                                     \
    LOWS                                                                                           \
    "ldrd r5, r1, " TE_T2_AT(CHANNEL) "\n\t"                                                       \
    "ldrd r3, r2, [r5, #" TE_TEXT(TE_T2_SHAPE) "]\n\t"                                             \
    "ldrd r4, r6, " TE_T2_AT(HALF) "\n\t"                                                          \
    "adds r5, #" TE_TEXT(TE_T2_CHANNEL_NBYTES) "\n\t"                                              \
    "add r6, r6, r1\n\t"                                                                           \
    "strd r5, r6, " TE_T2_AT(CHANNEL) "\n\t"                                                       \
    "and r3, r3, #31\n\t"                                                                          \
    "lsls r4, r3\n\t"                                                                              \
    TE_T2_OUTPUT("r9", TE_T2_ROUND) "strb r8, [r1]\n\t"                                            \
    "ldrd r6, lr, " TE_T2_AT(OFFSETS) "\n\t"                                                       \
    TE_T2_OUTPUT("r10", TE_T2_ROUND) "strb r8, [r1, r6]\n\t" STORE                                 \
    "ldr r6, " TE_T2_AT(CHANNEL_END) "\n\t"                                                        \
    "cmp r5, r6\n\t"                                                                               \
    "bne.w 1b\n\t"                                                                                 \
    "add sp, #" TE_TEXT(TE_T2_NBYTES) "\n\t"                                                       \
    "pop {r4-r11, pc}"

/* Expands a tap of four pixels. */
#define TE_T2_EXPAND                                                                               \
    "ldrsb r6, [r1], #1\n\t"                                                                       \
    "ldrsb r8, [r5], #1\n\t"                                                                       \
    "ldrsb r7, [r3], #1\n\t"                                                                       \
    "ldrsb r12, [r4], #1\n\t"                                                                      \
    "add r6, r6, r8, lsl #16\n\t"                                                                  \
    "add r7, r7, r12, lsl #16\n\t"                                                                 \
    "strd r6, r7, [r0], #8\n\t"

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* Expands `taps` taps of four pixels, one at least; r0: x. r1, r5, r3, r4: pixels. r2: taps, by two. */
TE_NAKED static void te_base_expand_4(int32_t *x __attribute__((unused)),
                                      const int8_t *const from[4] __attribute__((unused)),
                                      int32_t taps __attribute__((unused)))
{
    __asm__(
        "push {r4-r8, lr}\n\t"
        "ldrd r3, r4, [r1, #8]\n\t"
        "ldrd r1, r5, [r1]\n\t"
        "adds r2, #1\n\t"
        "lsrs r2, r2, #1\n\t"
        "bcc 2f\n"
        "1:\n\t" TE_T2_EXPAND
        "2:\n\t" TE_T2_EXPAND
        "subs r2, #1\n\t"
        "bne 1b\n\t"
        "pop {r4-r8, pc}");
}

/* Outputs of a group of 4 pixels. */
TE_NAKED static void te_base_channels_4(const te_base_group *group __attribute__((unused)))
{
    __asm__(
        TE_T2_BEGIN("mov r11, r9\n\t"
                    "mov r12, r10\n")
        TE_T2_CHUNKS(TE_T2_TAPS, TE_T2_SUM, "subs r1, #8\n\t")
        TE_T2_END("sub r9, r9, r10, lsl #16\n\t"
                  "sub r11, r11, r12, lsl #16\n\t",
                  TE_T2_OUTPUT("r11", TE_T2_ROUND) "strb r8, [r1, lr]\n\t"
                  "ldr r6, " TE_T2_AT(LAST_OFFSET) "\n\t"
                  TE_T2_OUTPUT("r12", TE_T2_ROUND) "strb r8, [r1, r6]\n\t"));
}

/* Outputs of a group of 2 pixels. */
TE_NAKED static void te_base_channels_2(const te_base_group *group __attribute__((unused)))
{
    __asm__(
        TE_T2_BEGIN("\n")
        TE_T2_CHUNKS(TE_T2_SINGLE_TAPS, TE_T2_SINGLE_SUM, "subs r1, #4\n\t")
        TE_T2_END("sub r9, r9, r10, lsl #16\n\t", ""));
}
/* clang-format on */

#pragma GCC diagnostic pop

#endif
