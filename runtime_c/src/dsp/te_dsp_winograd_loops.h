/* The loops of te_dsp_winograd.h for cores that issue one instruction at a time: of four loads in a row
 * three take a cycle each.
 */
#ifndef TE_DSP_WINOGRAD_LOOPS_H
#define TE_DSP_WINOGRAD_LOOPS_H

/* clang-format off */
/* A pair of channels: weights in r1, r2, tiles in r3, r4. */
#define TE_WINOGRAD_TAP(mac)                                                                       \
    "ldr.w r1, [r0], #4\n\t"                                                                       \
    "ldr.w r2, [r0], #4\n\t"                                                                       \
    "ldr.w r3, [lr], #4\n\t"                                                                       \
    "ldr.w r4, [lr], #4\n\t"                                                                       \
    mac("r5", "r1", "r3")                                                                          \
    mac("r6", "r1", "r4")                                                                          \
    mac("r9", "r2", "r3")                                                                          \
    mac("r10", "r2", "r4")                                                                         \
    "ldr.w r1, [r0], #4\n\t"                                                                       \
    "ldr.w r2, [r0], #4\n\t"                                                                       \
    "ldr.w r3, [lr], #4\n\t"                                                                       \
    "ldr.w r4, [lr], #4\n\t"                                                                       \
    mac("r7", "r1", "r3")                                                                          \
    mac("r8", "r1", "r4")                                                                          \
    mac("r11", "r2", "r3")                                                                         \
    mac("r12", "r2", "r4")

/* Phases, until lr is their x_end: the first of a column, and the second. */
#define TE_WINOGRAD_PHASE_1(phase)                                                                 \
    TE_WINOGRAD_TAP(TE_WINOGRAD_BEGIN)                                                             \
    "1:\n\t"                                                                                       \
    ".rept " TE_TEXT(TE_WINOGRAD_PAIRS) " - 1\n\t"                                                 \
    TE_WINOGRAD_TAP(TE_WINOGRAD_GO_ON)                                                             \
    ".endr\n\t"                                                                                    \
    "ldr.w r1, " TE_WINOGRAD_AT_END(phase) "\n\t"                                                  \
    "cmp lr, r1\n\t"                                                                               \
    "beq.w 2f\n\t"                                                                                 \
    TE_WINOGRAD_TAP(TE_WINOGRAD_GO_ON)                                                             \
    "b.w 1b\n\t"                                                                                   \
    "2:\n\t"
#define TE_WINOGRAD_PHASE_2(phase)                                                                 \
    "1:\n\t"                                                                                       \
    ".rept " TE_TEXT(TE_WINOGRAD_PAIRS) "\n\t"                                                     \
    TE_WINOGRAD_TAP(TE_WINOGRAD_GO_ON)                                                             \
    ".endr\n\t"                                                                                    \
    "ldr.w r1, " TE_WINOGRAD_AT_END(phase) "\n\t"                                                  \
    "cmp lr, r1\n\t"                                                                               \
    "bne.w 1b\n\t"

#define TE_WINOGRAD_COLUMN(phase, next)                                                            \
    TE_WINOGRAD_PHASE_1(phase)                                                                     \
    TE_WINOGRAD_TURN                                                                               \
    TE_WINOGRAD_PHASE_2(next)

TE_SHARED TE_NAKED void te_winograd_dot(const te_winograd_block *block __attribute__((unused)))
{
    __asm__(TE_WINOGRAD_ENTER
            "4: ldr lr, " TE_WINOGRAD_AT(X) "\n\t"
            TE_WINOGRAD_COLUMN("0", "1")
            TE_WINOGRAD_SAVE
            TE_WINOGRAD_COLUMN("2", "3")
            TE_WINOGRAD_MIX
            TE_WINOGRAD_COLUMN("4", "5")
            TE_WINOGRAD_ADD("8")
            "ldm r0!, {r1-r4}\n\t"
            TE_WINOGRAD_REQUANTIZE
            "ldm sp, {r1-r4}\n\t"
            "add r1, r1, r2, lsr #1\n\t"
            TE_WINOGRAD_STORE
            "ldr lr, " TE_WINOGRAD_AT_END("5") "\n\t"
            TE_WINOGRAD_COLUMN("6", "7")
            TE_WINOGRAD_ADD("0")
            "ldm r0!, {r1-r4}\n\t"
            TE_WINOGRAD_REQUANTIZE
            "ldm sp, {r1-r4}\n\t"
            TE_WINOGRAD_STORE
            "add r1, r1, #2\n\t"
            "str r1, [sp]\n\t"
            "ldr r1, " TE_WINOGRAD_AT(WEIGHT_END) "\n\t"
            "cmp r0, r1\n\t"
            "bne.w 4b\n\t"
            TE_WINOGRAD_LEAVE);
}
/* clang-format on */

#endif
