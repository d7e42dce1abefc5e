/* The loop of te_conv2d_s8_dsp_held.c for cores that issue two instructions at a time. */
#ifndef TE_DSP_CONV_HELD_LOOPS_H
#define TE_DSP_CONV_HELD_LOOPS_H

/* clang-format off */
/* Computes a row, all pixels of a channel after the other: what stands on one line goes together, 8
 * cycles an output.
 *
 * Weights in r4 to r7, bias in r8, multiplier in r9, offset in r10. r0 walks over the outputs, which
 * follow each other, and r1 over the pixels, two at a time, whose words are in r2 and r3 and whose sums
 * in r12 and lr. The loop of eight pixels is entered in the middle of one of its parts, with the first
 * words in registers, such that none are left over; an odd pixel comes first. The frame: x, x_end, where
 * to enter, where after that, the record, the records' end.
 */
#define TE_HELD_OUTPUTS(load, load_2)                                                              \
    load                         "smmla r12, r12, r9, r10\n\t"                                     \
    "smlad lr, r3, r7, lr\n\t"                                                                     \
    "ssat r12, #8, r12, asr #10\n\t"  "smmla lr, lr, r9, r10\n\t"                                  \
    load_2                       "strb r12, [r0], #1\n\t"                                          \
    "ssat lr, #8, lr, asr #10\n\t"                                                                 \
    "strb lr, [r0], #1\n\t"

#define TE_HELD_SUMS                                                                               \
    "sxtb16 r12, r2\n\t"                                                                           \
    "sxtb16 r2, r2, ror #8\n\t"        "smlad r12, r12, r4, r8\n\t"                                \
    "sxtb16 lr, r3\n\t"               "smlad r12, r2, r5, r12\n\t"                                 \
    "ldr.w r2, [r1, #4]\n\t"          "smlad lr, lr, r4, r8\n\t"                                   \
    "sxtb16 r3, r3, ror #8\n\t"                                                                    \
    "sxtb16 r11, r2\n\t"              "smlad lr, r3, r5, lr\n\t"                                   \
    "ldr.w r3, [r1, #12]\n\t"         "smlad r12, r11, r6, r12\n\t"                                \
    "sxtb16 r2, r2, ror #8\n\t"                                                                    \
    "sxtb16 r11, r3\n\t"              "smlad r12, r2, r7, r12\n\t"                                 \
    "sxtb16 r3, r3, ror #8\n\t"        "smlad lr, r11, r6, lr\n\t"

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
            "sub r2, r2, #16\n\t"
            "rsb r5, r5, #4\n\t"
            "and r5, r5, #3\n\t"
            "mov r6, #104\n\t"
            "adr.w r3, 1f + 37\n\t"
            "mla r6, r5, r6, r3\n\t"
            "tst r4, #8\n\t"
            "ite eq\n\t"
            "moveq r3, r6\n\t"
            "adrne.w r3, 3f + 1\n\t"
            "mov r4, r6\n\t"
            "push {r1-r4, r7, r8}\n\t"
            "4: ldr r1, [sp]\n\t"
            "ldr r3, [sp, #16]\n\t"
            "ldm r3!, {r4-r10}\n\t"
            "str r3, [sp, #16]\n\t"
            "ldr r2, [r1]\n\t"
            "ldr r3, [r1, #8]\n\t"
            "ldr pc, [sp, #8]\n\t"
            "3: ldr r3, [r1, #4]\n\t"
            "sxtb16 r12, r2\n\t"
            "sxtb16 r2, r2, ror #8\n\t"   "smlad r12, r12, r4, r8\n\t"
            "sxtb16 r11, r3\n\t"         "smlad r12, r2, r5, r12\n\t"
            "sxtb16 r3, r3, ror #8\n\t"   "smlad r12, r11, r6, r12\n\t"
            "ldr r2, [r1, #8]!\n\t"
            "smlad r12, r3, r7, r12\n\t"
            "ldr r3, [r1, #8]\n\t"
            "smmla r12, r12, r9, r10\n\t"
            "ssat r12, #8, r12, asr #10\n\t"
            "strb r12, [r0], #1\n\t"
            "ldr pc, [sp, #12]\n\t"
            ".balign 8\n\t"
            "1:\n\t"
            ".rept 4\n\t"
            TE_HELD_OUTPUTS("ldr.w r2, [r1, #16]!\n\t", "ldr.w r3, [r1, #8]\n\t")
            TE_HELD_SUMS
            ".endr\n\t"
            "ldr r11, [sp, #4]\n\t"
            "cmp r1, r11\n\t"
            "bne.w 1b\n\t"
            TE_HELD_OUTPUTS("", "")
            "ldr r2, [sp, #16]\n\t"
            "ldr r3, [sp, #20]\n\t"
            "cmp r2, r3\n\t"
            "bne.w 4b\n\t"
            "add sp, sp, #24\n\t"
            "pop {r4-r11, pc}\n\t");
}
/* clang-format on */

#endif
