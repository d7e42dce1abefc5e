/* The loops of te_dsp_winograd.h for cores that issue two instructions at a time: a phase loads ahead,
 * one register beside each multiplication. Lines are cycles.
 */
#ifndef TE_DSP_WINOGRAD_LOOPS_H
#define TE_DSP_WINOGRAD_LOOPS_H

/* clang-format off */
/* What a phase begins with: a weight in r1, tiles in r3, r4. */
#define TE_WINOGRAD_AHEAD                                                                          \
    "ldr.w r1, [r0], #4\n\t"                                                                       \
    "ldr.w r3, [lr], #4\n\t"                                                                       \
    "ldr.w r4, [lr], #4\n\t"

/* A pair of channels: weights in r1, r2, tiles in r3, r4. */
#define TE_WINOGRAD_TAP(mac)                                                                       \
    "ldr.w r2, [r0], #4\n\t"   mac("r5", "r1", "r3")                                               \
    mac("r6", "r1", "r4")      "ldr.w r1, [r0], #4\n\t"                                            \
    mac("r10", "r2", "r4")     "ldr.w r4, [lr], #4\n\t"                                            \
    mac("r9", "r2", "r3")      "ldr.w r3, [lr], #4\n\t"                                            \
    "ldr.w r2, [r0], #4\n\t"   mac("r7", "r1", "r4")                                               \
    mac("r8", "r1", "r3")      "ldr.w r1, [r0], #4\n\t"                                            \
    mac("r12", "r2", "r3")     "ldr.w r3, [lr], #4\n\t"                                            \
    mac("r11", "r2", "r4")     "ldr.w r4, [lr], #4\n\t"

/* Phases, until lr is 8 bytes behind their x_end: the first of a column, and the second. */
#define TE_WINOGRAD_PHASE_1(phase)                                                                 \
    TE_WINOGRAD_TAP(TE_WINOGRAD_BEGIN)                                                             \
    "1:\n\t"                                                                                       \
    ".rept " TE_TEXT(TE_WINOGRAD_PAIRS) " - 1\n\t"                                                 \
    TE_WINOGRAD_TAP(TE_WINOGRAD_GO_ON)                                                             \
    ".endr\n\t"                                                                                    \
    "ldr.w r2, " TE_WINOGRAD_AT_END(phase) "\n\t"                                                  \
    "cmp lr, r2\n\t"                                                                               \
    "bhi.w 2f\n\t"                                                                                 \
    TE_WINOGRAD_TAP(TE_WINOGRAD_GO_ON)                                                             \
    "b.w 1b\n\t"                                                                                   \
    "2:\n\t"
#define TE_WINOGRAD_PHASE_2(phase)                                                                 \
    "1:\n\t"                                                                                       \
    ".rept " TE_TEXT(TE_WINOGRAD_PAIRS) "\n\t"                                                     \
    TE_WINOGRAD_TAP(TE_WINOGRAD_GO_ON)                                                             \
    ".endr\n\t"                                                                                    \
    "ldr.w r2, " TE_WINOGRAD_AT_END(phase) "\n\t"                                                  \
    "cmp lr, r2\n\t"                                                                               \
    "bls.w 1b\n\t"

#define TE_WINOGRAD_COLUMN(phase, next)                                                            \
    TE_WINOGRAD_PHASE_1(phase)                                                                     \
    TE_WINOGRAD_TURN                                                                               \
    TE_WINOGRAD_PHASE_2(next)

#define TE_WINOGRAD_DUAL_AT(first, index) TE_WINOGRAD_AT_SAVED("(" first " + " index ")")

/* Adds what was saved, from word `first` on, and scaled biases: that of a is in r1, the multipliers
 * of a and b and the bias of b are at r0.
 */
#define TE_WINOGRAD_DUAL_SUMS(first)                                                               \
    "ldr.w r2, " TE_WINOGRAD_DUAL_AT(first, "0") "\n\t"                                            \
    "ldr.w r3, " TE_WINOGRAD_DUAL_AT(first, "1") "\n\t"                                            \
    "add.w r5, r5, r2\n\t"                      "ldr.w r4, " TE_WINOGRAD_DUAL_AT(first, "2") "\n\t" \
    "add.w r6, r6, r3\n\t"                      "ldr.w r2, " TE_WINOGRAD_DUAL_AT(first, "4") "\n\t" \
    "add.w r7, r7, r4\n\t"                      "ldr.w lr, " TE_WINOGRAD_DUAL_AT(first, "3") "\n\t" \
    "add.w r9, r9, r2\n\t"                      "ldr.w r2, [r0], #4\n\t"                           \
    "ldr.w r3, " TE_WINOGRAD_DUAL_AT(first, "5") "\n\t"                                            \
    "ldr.w r4, " TE_WINOGRAD_DUAL_AT(first, "6") "\n\t"                                            \
    "add.w r10, r10, r3\n\t"                    "ldr.w r3, [r0], #4\n\t"                           \
    "add.w r11, r11, r4\n\t"                    "ldr.w r4, [r0], #4\n\t"                           \
    "add.w r8, r8, lr\n\t"                      "add.w r9, r4, r9, lsl #6\n\t"                     \
    "ldr.w lr, " TE_WINOGRAD_DUAL_AT(first, "7") "\n\t" "add.w r10, r4, r10, lsl #6\n\t"           \
    "add.w r12, r12, lr\n\t"                    "add.w r11, r4, r11, lsl #6\n\t"                   \
    "ldr.w lr, " TE_WINOGRAD_AT(ROUNDING) "\n\t" "add.w r5, r1, r5, lsl #6\n\t"                    \
    "add.w r12, r4, r12, lsl #6\n\t"            "cmp lr, #36\n\t"                                  \
    "add.w r6, r1, r6, lsl #6\n\t"              "ldr.w r4, " TE_WINOGRAD_AT(OFFSET) "\n\t"         \
    "add.w r7, r1, r7, lsl #6\n\t"                                                                 \
    "add.w r8, r1, r8, lsl #6\n\t"              "blo.w 5f\n\t"

/* Requantizes, to where 8 stores: multipliers in r2, r3, the offset in r4. */
#define TE_WINOGRAD_DUAL_UP(bits)                                                                  \
    "smmla r5, r5, r2, r4\n\t"                                                                     \
    "smmla r6, r6, r2, r4\n\t"                                                                     \
    "smmla r7, r7, r2, r4\n\t"                                                                     \
    "smmla r8, r8, r2, r4\n\t"                                                                     \
    "smmla r9, r9, r3, r4\n\t"                                                                     \
    "smmla r10, r10, r3, r4\n\t"                                                                   \
    "ssat r5, #8, r5, asr #" bits "\n\t"        "smmla r11, r11, r3, r4\n\t"                       \
    "ssat r6, #8, r6, asr #" bits "\n\t"        "smmla r12, r12, r3, r4\n\t"                       \
    "ssat r7, #8, r7, asr #" bits "\n\t"                                                           \
    "ssat r8, #8, r8, asr #" bits "\n\t"                                                           \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r10, #8, r10, asr #" bits "\n\t"                                                         \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "ssat r12, #8, r12, asr #" bits "\n\t"      "b.w 8f\n\t"

#define TE_WINOGRAD_DUAL_SIGNED                                                                    \
    "lsl.w lr, r4, r1\n\t"                      "asr.w r5, r5, #7\n\t"                             \
    "smmlar r4, r5, r2, lr\n\t"                 "asr.w r6, r6, #7\n\t"                             \
    "asr.w r7, r7, #7\n\t"                      "asr.w r8, r8, #7\n\t"                             \
    "add.w r5, r4, r5, asr #31\n\t"             "smmlar r4, r6, r2, lr\n\t"                        \
    "asr.w r5, r5, r1\n\t"                      "asr.w r10, r10, #7\n\t"                           \
    "add.w r6, r4, r6, asr #31\n\t"             "smmlar r4, r7, r2, lr\n\t"                        \
    "asr.w r6, r6, r1\n\t"                      "asr.w r11, r11, #7\n\t"                           \
    "add.w r7, r4, r7, asr #31\n\t"             "smmlar r4, r8, r2, lr\n\t"                        \
    "mov r2, r9\n\t"                            "ldr.w lr, " TE_WINOGRAD_AT(OFFSET) "\n\t"         \
    "add.w r8, r4, r8, asr #31\n\t"             "asr.w r7, r7, r1\n\t"                             \
    "asr.w r8, r8, r1\n\t"                      "lsl.w lr, lr, r2\n\t"                             \
    "asr.w r9, r9, #7\n\t"                      "smmlar r4, r9, r3, lr\n\t"                        \
    "smmlar r1, r10, r3, lr\n\t"                "asr.w r12, r12, #7\n\t"                           \
    "add.w r9, r4, r9, asr #31\n\t"             "smmlar r4, r11, r3, lr\n\t"                       \
    "add.w r10, r1, r10, asr #31\n\t"           "smmlar r1, r12, r3, lr\n\t"                       \
    "add.w r11, r4, r11, asr #31\n\t"           "asr.w r9, r9, r2\n\t"                             \
    "add.w r12, r1, r12, asr #31\n\t"           "asr.w r10, r10, r2\n\t"                           \
    "ssat r5, #8, r5, asr #1\n\t"               "asr.w r11, r11, r2\n\t"                           \
    "ssat r6, #8, r6, asr #1\n\t"               "asr.w r12, r12, r2\n\t"                           \
    "ssat r7, #8, r7, asr #1\n\t"                                                                  \
    "ssat r8, #8, r8, asr #1\n\t"                                                                  \
    "ssat r9, #8, r9, asr #1\n\t"                                                                  \
    "ssat r10, #8, r10, asr #1\n\t"                                                                \
    "ssat r11, #8, r11, asr #1\n\t"                                                                \
    "ssat r12, #8, r12, asr #1\n\t"

#define TE_WINOGRAD_DUAL_REQUANTIZE                                                                \
    "bne.w 7f\n\t"                                                                                 \
    TE_WINOGRAD_DUAL_UP("8")                                                                       \
    "7:\n\t" TE_WINOGRAD_DUAL_UP("12")                                                             \
    "5:\n\t" TE_WINOGRAD_DUAL_SIGNED

TE_SHARED TE_NAKED void te_winograd_dot(const te_winograd_block *block __attribute__((unused)))
{
    __asm__(TE_WINOGRAD_ENTER
            "4: ldr lr, " TE_WINOGRAD_AT(X) "\n\t"
            TE_WINOGRAD_AHEAD
            TE_WINOGRAD_COLUMN("0", "1")
            TE_WINOGRAD_SAVE
            TE_WINOGRAD_COLUMN("2", "3")
            TE_WINOGRAD_MIX
            "ldr lr, " TE_WINOGRAD_AT_END("3") "\n\t"
            "sub r0, r0, #4\n\t"
            TE_WINOGRAD_AHEAD
            TE_WINOGRAD_COLUMN("4", "5")
            TE_WINOGRAD_DUAL_SUMS("8")
            TE_WINOGRAD_DUAL_REQUANTIZE
            "8:\n\t"
            "bfi r5, r9, #8, #8\n\t"                    "ldr.w r9, [sp]\n\t"
            "bfi r6, r10, #8, #8\n\t"            "ldr.w r10, " TE_WINOGRAD_AT(TWO_PIXELS) "\n\t"
            "bfi r7, r11, #8, #8\n\t"                   "ldr.w r11, [sp, #8]\n\t"
            "bfi r8, r12, #8, #8\n\t"                   "ldr.w r12, [sp, #12]\n\t"
            "add.w r9, r9, r10, lsr #1\n\t"             "ldr.w lr, " TE_WINOGRAD_AT_END("5") "\n\t"
            "strh.w r5, [r9]\n\t"                       "ldr.w r1, [r0], #4\n\t"
            "strh.w r6, [r9, r10]\n\t"                  "ldr.w r3, [lr], #4\n\t"
            "strh.w r7, [r9, r11]\n\t"                  "ldr.w r4, [lr], #4\n\t"
            "strh.w r8, [r9, r12]\n\t"
            TE_WINOGRAD_COLUMN("6", "7")
            TE_WINOGRAD_DUAL_SUMS("0")
            TE_WINOGRAD_DUAL_REQUANTIZE
            "8:\n\t"
            "bfi r5, r9, #8, #8\n\t"                    "ldr.w r9, [sp]\n\t"
            "bfi r6, r10, #8, #8\n\t"            "ldr.w r10, " TE_WINOGRAD_AT(TWO_PIXELS) "\n\t"
            "bfi r7, r11, #8, #8\n\t"                   "ldr.w r11, [sp, #8]\n\t"
            "bfi r8, r12, #8, #8\n\t"                   "ldr.w r12, [sp, #12]\n\t"
            "strh.w r5, [r9]\n\t"                "ldr.w r1, " TE_WINOGRAD_AT(WEIGHT_END) "\n\t"
            "strh.w r6, [r9, r10]\n\t"                  "add.w r10, r9, #2\n\t"
            "strh.w r7, [r9, r11]\n\t"
            "str.w r10, [sp]\n\t"
            "strh.w r8, [r9, r12]\n\t"                  "cmp r0, r1\n\t"
            "bne.w 4b\n\t"
            TE_WINOGRAD_LEAVE);
}
/* clang-format on */

#endif
