/* The loop of te_conv2d_s8_dsp_held.c for cores that issue one instruction at a time. */
#ifndef TE_DSP_CONV_HELD_LOOPS_H
#define TE_DSP_CONV_HELD_LOOPS_H

/* clang-format off */
/* The first and the second half of the dot product of a pixel whose eight bytes are in `low` and `high`:
 * weights in r4 to r7, bias in r8; and its output: multiplier in r9, offset in r10.
 */
#define TE_HELD_LOW(sum, low)                                                                      \
    "sxtb16 " sum ", " low "\n\t"                                                                  \
    "sxtb16 " low ", " low ", ror #8\n\t"                                                          \
    "smlad " sum ", " sum ", r4, r8\n\t"                                                           \
    "smlad " sum ", " low ", r5, " sum "\n\t"
#define TE_HELD_HIGH(sum, low, high)                                                               \
    "sxtb16 " low ", " high "\n\t"                                                                 \
    "sxtb16 " high ", " high ", ror #8\n\t"                                                        \
    "smlad " sum ", " low ", r6, " sum "\n\t"                                                      \
    "smlad " sum ", " high ", r7, " sum "\n\t"
#define TE_HELD_OUT(sum)                                                                           \
    "smmla " sum ", " sum ", r9, r10\n\t"                                                          \
    "ssat " sum ", #8, " sum ", asr #10\n\t"                                                       \
    "strb " sum ", [r0], #1\n\t"

/* Computes a row, all pixels of a channel after the other: on a Cortex-M4 13.5 cycles an output.
 *
 * r0 walks over the outputs, which follow each other, and r1 over the pixels, two at a time in r2, r3
 * and r11, r12. The loop of eight pixels is entered so far before its end that none are left over; an
 * odd one comes first. The frame: x, x_end, where to enter, where after that, the record, the records'
 * end.
 */
TE_NAKED static void te_held_row(int8_t *out __attribute__((unused)),
                                 const int8_t *x __attribute__((unused)),
                                 const int8_t *x_end __attribute__((unused)),
                                 const int32_t *record __attribute__((unused)),
                                 const int32_t *records_end __attribute__((unused)))
{
    __asm__("push {r4-r11, lr}\n\t"
            "ldr r8, [sp, #36]\n\t"
            "mov r7, r3\n\t"
            "sub r4, r2, r1\n\t"
            "ubfx r5, r4, #4, #2\n\t"
            "mov r6, #104\n\t"
            "adr.w r3, 2f + 1\n\t"
            "mls r6, r5, r6, r3\n\t"
            "tst r4, #8\n\t"
            "ite eq\n\t"
            "moveq r5, r6\n\t"
            "adrne.w r5, 3f + 1\n\t"
            "mov r3, r5\n\t"
            "mov r4, r6\n\t"
            "push {r1-r4, r7, r8}\n\t"
            "4: ldr r1, [sp]\n\t"
            "ldr r3, [sp, #16]\n\t"
            "ldm r3!, {r4-r10}\n\t"
            "str r3, [sp, #16]\n\t"
            "ldr pc, [sp, #8]\n\t"
            "3: ldr r2, [r1], #8\n\t"
            "ldr r3, [r1, #-4]\n\t"
            TE_HELD_LOW("lr", "r2")
            TE_HELD_HIGH("lr", "r2", "r3")
            TE_HELD_OUT("lr")
            "ldr pc, [sp, #12]\n\t"
            ".balign 4\n\t"
            "1:\n\t"
            ".rept 4\n\t"
            "ldr r2, [r1], #16\n\t"
            "ldr r3, [r1, #-12]\n\t"
            "ldr r11, [r1, #-8]\n\t"
            "ldr r12, [r1, #-4]\n\t"
            TE_HELD_LOW("lr", "r2")
            TE_HELD_HIGH("lr", "r2", "r3")
            TE_HELD_LOW("r2", "r11")
            TE_HELD_OUT("lr")
            TE_HELD_HIGH("r2", "r11", "r12")
            TE_HELD_OUT("r2")
            ".endr\n\t"
            "2: ldr r2, [sp, #4]\n\t"
            "cmp r1, r2\n\t"
            "bne.w 1b\n\t"
            "ldr r2, [sp, #16]\n\t"
            "ldr r3, [sp, #20]\n\t"
            "cmp r2, r3\n\t"
            "bne.w 4b\n\t"
            "add sp, sp, #24\n\t"
            "pop {r4-r11, pc}\n\t");
}
/* clang-format on */

#endif
