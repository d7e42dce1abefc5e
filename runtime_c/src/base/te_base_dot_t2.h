/* The dot products of te_base_dot.h in Thumb-2, for Cortex-M3 and everything above it.
 *
 * r0: weights. r1: x. r2-r5: words of x. r6: weight. r7, r8: sums of a chunk. r9, r10: low and high
 * of the first pair of pixels. r11, r12: of the second pair; where there is only one, r8 is the
 * place behind the chunks of one length. lr: 2^15. The block and that place are on the stack.
 *
 * Instructions of a tap of two pairs of pixels with int8 weights: 3.5, and 7 of a chunk; of one pair:
 * 2.25 and 4. Weights come from TE_T2_EVEN and TE_T2_ODD, in turn.
 */
#ifndef TE_BASE_DOT_T2_H
#define TE_BASE_DOT_T2_H

/* On the stack: the block, and behind it the place behind the chunks of one length. */
#define TE_T2_FRAME_PLACE 4

/* clang-format off */
/* One, two or four taps. FIRST is where the sums of the taps before are: in `a`, `b` or lr. */
#define TE_T2_TAP(weight, x0, x1, a, b)                                                            \
    weight "mla r7, " x0 ", r6, " a "\n\tmla r8, " x1 ", r6, " b "\n\t"
#define TE_T2_TAPS(a, b)                                                                           \
    "ldm.w r1!, {r2-r5}\n\t" TE_T2_TAP(TE_T2_EVEN, "r2", "r3", a, b)                               \
        TE_T2_TAP(TE_T2_ODD, "r4", "r5", "r7", "r8")
#define TE_T2_FIRST "ldm r1!, {r2, r3}\n\t" TE_T2_TAP(TE_T2_EVEN, "r2", "r3", "lr", "lr")
#define TE_T2_FIRST_2 TE_T2_TAPS("lr", "lr")
#define TE_T2_1 "ldm r1!, {r2, r3}\n\t" TE_T2_TAP(TE_T2_EVEN, "r2", "r3", "r7", "r8")
#define TE_T2_2 TE_T2_TAPS("r7", "r8")
#define TE_T2_4 TE_T2_2 TE_T2_2

/* A chunk of two pairs, again until the end; then on at 4. */
#define TE_T2_CHUNK(label, taps)                                                                   \
    label ":\n\t" taps "add r9, r9, r7\n\t"                                                        \
          "add r10, r10, r7, asr #16\n\t"                                                          \
          "add r11, r11, r8\n\t"                                                                   \
          "add r12, r12, r8, asr #16\n\t"                                                          \
          "ldr r6, [sp, #" TE_TEXT(TE_T2_FRAME_PLACE) "]\n\t"                                      \
          "cmp r1, r6\n\t"                                                                         \
          "blo " label "b\n\t"                                                                     \
          "b 4f\n"

#define TE_T2_CHUNKS                                                                               \
    TE_T2_CHUNK("11", TE_T2_FIRST TE_T2_SKIP)                                                      \
    TE_T2_CHUNK("12", TE_T2_FIRST_2)                                                               \
    TE_T2_CHUNK("13", TE_T2_FIRST_2 TE_T2_1 TE_T2_SKIP)                                            \
    TE_T2_CHUNK("14", TE_T2_FIRST_2 TE_T2_2)                                                       \
    TE_T2_CHUNK("15", TE_T2_FIRST_2 TE_T2_2 TE_T2_1 TE_T2_SKIP)                                    \
    TE_T2_CHUNK("16", TE_T2_FIRST_2 TE_T2_4)                                                       \
    TE_T2_CHUNK("17", TE_T2_FIRST_2 TE_T2_4 TE_T2_1 TE_T2_SKIP)                                    \
    TE_T2_CHUNK("18", TE_T2_FIRST_2 TE_T2_4 TE_T2_2)                                               \
    TE_T2_CHUNK("19", TE_T2_FIRST_2 TE_T2_4 TE_T2_4 TE_T2_2)                                       \
    TE_T2_CHUNK("20", TE_T2_FIRST_2 TE_T2_4 TE_T2_4 TE_T2_4 TE_T2_2)

#define TE_T2_SINGLE_TAP(weight, x, a) weight "mla r7, " x ", r6, " a "\n\t"
#define TE_T2_SINGLE(a) "ldr r2, [r1], #4\n\t" TE_T2_SINGLE_TAP(TE_T2_SINGLE_EVEN, "r2", a)
#define TE_T2_SINGLE_2(a)                                                                          \
    "ldm r1!, {r2, r3}\n\t" TE_T2_SINGLE_TAP(TE_T2_SINGLE_EVEN, "r2", a)                           \
        TE_T2_SINGLE_TAP(TE_T2_SINGLE_ODD, "r3", "r7")
#define TE_T2_SINGLE_4(a)                                                                          \
    "ldm.w r1!, {r2-r5}\n\t" TE_T2_SINGLE_TAP(TE_T2_SINGLE_EVEN, "r2", a)                          \
        TE_T2_SINGLE_TAP(TE_T2_SINGLE_ODD, "r3", "r7") TE_T2_SINGLE_TAP(TE_T2_SINGLE_EVEN, "r4", "r7")\
            TE_T2_SINGLE_TAP(TE_T2_SINGLE_ODD, "r5", "r7")

/* A chunk of one pair, likewise. */
#define TE_T2_SINGLE_CHUNK(label, taps)                                                            \
    label ":\n\t" taps "add r9, r9, r7\n\t"                                                        \
          "add r10, r10, r7, asr #16\n\t"                                                          \
          "cmp r1, r8\n\t"                                                                         \
          "blo " label "b\n\t"                                                                     \
          "b 4f\n"

#define TE_T2_SINGLE_CHUNKS                                                                        \
    TE_T2_SINGLE_CHUNK("11", TE_T2_SINGLE("lr") TE_T2_SINGLE_SKIP)                                 \
    TE_T2_SINGLE_CHUNK("12", TE_T2_SINGLE_2("lr"))                                                 \
    TE_T2_SINGLE_CHUNK("13", TE_T2_SINGLE_2("lr") TE_T2_SINGLE("r7") TE_T2_SINGLE_SKIP)            \
    TE_T2_SINGLE_CHUNK("14", TE_T2_SINGLE_4("lr"))                                                 \
    TE_T2_SINGLE_CHUNK("15", TE_T2_SINGLE_4("lr") TE_T2_SINGLE("r7") TE_T2_SINGLE_SKIP)            \
    TE_T2_SINGLE_CHUNK("16", TE_T2_SINGLE_4("lr") TE_T2_SINGLE_2("r7"))                            \
    TE_T2_SINGLE_CHUNK("17", TE_T2_SINGLE_4("lr") TE_T2_SINGLE_2("r7") TE_T2_SINGLE("r7") TE_T2_SINGLE_SKIP)\
    TE_T2_SINGLE_CHUNK("18", TE_T2_SINGLE_4("lr") TE_T2_SINGLE_4("r7"))                            \
    TE_T2_SINGLE_CHUNK("19", TE_T2_SINGLE_4("lr") TE_T2_SINGLE_4("r7") TE_T2_SINGLE_4("r7"))       \
    TE_T2_SINGLE_CHUNK("20", TE_T2_SINGLE_4("lr") TE_T2_SINGLE_4("r7") TE_T2_SINGLE_4("r7")        \
                                 TE_T2_SINGLE_4("r7"))

/* Begins a channel. COPY takes the bias and the place behind the chunks of the first length. The
 * first chunk may have a length of its own: that place is then before its end.
 */
#define TE_T2_BEGIN(COPY)                                                                          \
    "push {r0, r1, r4-r11, lr}\n"                                                                  \
    "1:\n\t"                                                                                       \
    "ldr r6, [sp]\n\t"                                                                             \
    "ldr r5, " TE_BASE_AT("r6", CHANNEL) "\n\t"                                                    \
    "ldr r1, " TE_BASE_AT("r6", X) "\n\t"                                                          \
    "ldr r0, " TE_BASE_AT("r6", WEIGHT) "\n\t"                                                     \
    "ldr r2, [r5, #" TE_TEXT(TE_BASE_CHANNEL_SHAPE) "]\n\t"                                        \
    "ldr r10, [r5], #" TE_TEXT(TE_BASE_CHANNEL_NBYTES) "\n\t"                                      \
    "str r5, " TE_BASE_AT("r6", CHANNEL) "\n\t"                                                    \
    "ubfx r3, r2, #8, #4\n\t"                                                                      \
    "ubfx r4, r2, #12, #4\n\t"                                                                     \
    "cmp r3, r4\n\t"                                                                               \
    "ite eq\n\t"                                                                                   \
    "ldreq r8, " TE_BASE_AT("r6", X_END) "\n\t"                                                    \
    "movne r8, r1\n\t"                                                                             \
    "lsrs r2, r2, #16\n\t"                                                                         \
    "add r9, r10, r10, lsl #16\n\t"                                                                \
    "sub r9, r9, r2, lsl #15\n\t" COPY "mov lr, #0x8000\n"                                         \
    "3:\n\t"                                                                                       \
    "tbh [pc, r3, lsl #1]\n"                                                                       \
    "5:\n\t"                                                                                       \
    ".hword 0, (11f - 5b) / 2, (12f - 5b) / 2, (13f - 5b) / 2, (14f - 5b) / 2, (15f - 5b) / 2\n\t" \
    ".hword (16f - 5b) / 2, (17f - 5b) / 2, (18f - 5b) / 2, (19f - 5b) / 2, (20f - 5b) / 2\n\t"    \
    ".align 1\n"

/* Behind the chunks of one length: those of the other length, or the channel's end. */
#define TE_T2_END(KEEP, STORE)                                                                     \
    "4:\n\t"                                                                                       \
    "ldr r6, [sp]\n\t"                                                                             \
    "ldr r5, " TE_BASE_AT("r6", X_END) "\n\t"                                                      \
    "ldr r4, " TE_BASE_AT("r6", CHANNEL) "\n\t"                                                    \
    "cmp r1, r5\n\t"                                                                               \
    "beq 6f\n\t" KEEP "ldr r3, [r4, #-4]\n\t"                                                      \
    "ubfx r3, r3, #12, #4\n\t"                                                                     \
    "b 3b\n"                                                                                       \
    "6:\n\t"                                                                                       \
    "ldr r3, " TE_BASE_AT("r6", SUMS) "\n\t"                                                       \
    "ldr r5, " TE_BASE_AT("r6", CHANNEL_END) "\n\t" STORE "str r3, " TE_BASE_AT("r6", SUMS) "\n\t" \
    "str r0, " TE_BASE_AT("r6", WEIGHT) "\n\t"                                                     \
    "cmp r4, r5\n\t"                                                                               \
    "bne 1b\n\t"                                                                                   \
    "pop {r0, r1, r4-r11, pc}"

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* Sums of a group of 4 pixels. */
TE_NAKED static void te_base_dot_4(te_base_block *block __attribute__((unused)))
{
    __asm__(
        TE_T2_BEGIN("mov r11, r9\n\t"
                    "mov r12, r10\n\t"
                    "str r8, [sp, #" TE_TEXT(TE_T2_FRAME_PLACE) "]\n\t")
        TE_T2_CHUNKS
        TE_T2_END("str r5, [sp, #" TE_TEXT(TE_T2_FRAME_PLACE) "]\n\t",
                  "sub r9, r9, r10, lsl #16\n\t"
                  "sub r11, r11, r12, lsl #16\n\t"
                  "stm r3!, {r9-r12}\n\t"));
}

/* Sums of a group of 2 pixels. */
TE_NAKED static void te_base_dot_2(te_base_block *block __attribute__((unused)))
{
    __asm__(
        TE_T2_BEGIN("")
        TE_T2_SINGLE_CHUNKS
        TE_T2_END("mov r8, r5\n\t",
                  "sub r9, r9, r10, lsl #16\n\t"
                  "stm r3!, {r9, r10}\n\t"));
}
/* clang-format on */

#pragma GCC diagnostic pop

#endif
