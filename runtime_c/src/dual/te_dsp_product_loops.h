/* The dot product of te_dsp_product.h with int8 weights, for cores that issue two instructions at a
 * time: what stands on one line goes together.
 *
 * Weights of a and b, c and d, and elements of two pairs of the row are in turn in r1, r2, r5 and r6,
 * r7, r8; even bytes in r3 and r4. The loop is entered with the first pair in registers, and the last
 * four pairs are multiplied behind it.
 *
 * Cycles for 16 MACs: 9.
 */
#ifndef TE_DSP_PRODUCT_LOOPS_H
#define TE_DSP_PRODUCT_LOOPS_H

/* clang-format off */
/* r4 is where x stands when the loop ends, r9 the quads of pairs in it. */
TE_NAKED static void te_product_dot_w8(const te_product_row *row __attribute__((unused)))
{
    __asm__("push {r4-r11, lr}\n\t"
            "ldm r0, {r1-r5, r7, r8}\n\t"
            "mov r0, r1\n\t"
            "sub r9, r4, r3\n\t"
            "sub r9, r9, #16\n\t"
            "sub r4, r4, #12\n\t"
            "ubfx r9, r9, #4, #3\n\t"
            "mov r10, #144\n\t"
            "adr.w r6, 2f + 1\n\t"
            "mls r6, r9, r10, r6\n\t"
            "adr.w r11, 6f + 1\n\t"
            "adr.w r12, 7f + 1\n\t"
            "push {r2-r12}\n\t"
            "4: ldr lr, " TE_PRODUCT_AT(X) "\n\t"
            "ldr r10, [r0], #4\n\t"
            "ldr r12, [r0], #4\n\t"
            "ldr r5, [lr], #4\n\t"        "mov r9, #0\n\t"
            "ldr r1, [r0]\n\t"            "mov r11, #0\n\t"
            "ldr r2, [r0, #16]\n\t"
            "ldr pc, " TE_PRODUCT_AT(ENTER) "\n\t"
            ".balign 8\n\t"
            "1:\n\t"
            ".rept 8\n\t"
            "sxtb16 r3, r1\n\t"               "smlad r10, r5, r1, r10\n\t"
            "sxtb16 r4, r2\n\t"               "smlad r12, r5, r2, r12\n\t"
            "ldr.w r8, [lr], #4\n\t"          "smlad r9, r5, r3, r9\n\t"
            "ldr.w r6, [r0, #4]\n\t"          "smlad r11, r5, r4, r11\n\t"
            "sxtb16 r3, r6\n\t"               "ldr.w r7, [r0, #20]\n\t"
            "smlad r10, r8, r6, r10\n\t"      "ldr.w r1, [r0, #8]\n\t"
            "sxtb16 r4, r7\n\t"               "smlad r12, r8, r7, r12\n\t"
            "ldr.w r5, [lr], #4\n\t"          "smlad r9, r8, r3, r9\n\t"
            "ldr.w r2, [r0, #24]\n\t"         "smlad r11, r8, r4, r11\n\t"
            "sxtb16 r3, r1\n\t"               "smlad r10, r5, r1, r10\n\t"
            "sxtb16 r4, r2\n\t"               "smlad r12, r5, r2, r12\n\t"
            "ldr.w r8, [lr], #4\n\t"          "smlad r9, r5, r3, r9\n\t"
            "ldr.w r6, [r0, #12]\n\t"         "smlad r11, r5, r4, r11\n\t"
            "sxtb16 r3, r6\n\t"               "ldr.w r7, [r0, #28]\n\t"
            "smlad r10, r8, r6, r10\n\t"      "ldr.w r1, [r0, #32]!\n\t"
            "sxtb16 r4, r7\n\t"               "smlad r12, r8, r7, r12\n\t"
            "ldr.w r5, [lr], #4\n\t"          "smlad r9, r8, r3, r9\n\t"
            "ldr.w r2, [r0, #16]\n\t"         "smlad r11, r8, r4, r11\n\t"
            ".endr\n\t"
            "2: ldr r6, " TE_PRODUCT_AT(X_END) "\n\t"
            "cmp lr, r6\n\t"
            "bne.w 1b\n\t"
            "sxtb16 r3, r1\n\t"               "smlad r10, r5, r1, r10\n\t"
            "sxtb16 r4, r2\n\t"               "smlad r12, r5, r2, r12\n\t"
            "ldr.w r8, [lr], #4\n\t"          "smlad r9, r5, r3, r9\n\t"
            "ldr.w r6, [r0, #4]\n\t"          "smlad r11, r5, r4, r11\n\t"
            "sxtb16 r3, r6\n\t"               "ldr.w r7, [r0, #20]\n\t"
            "smlad r10, r8, r6, r10\n\t"      "ldr.w r1, [r0, #8]\n\t"
            "sxtb16 r4, r7\n\t"               "smlad r12, r8, r7, r12\n\t"
            "ldr.w r5, [lr], #4\n\t"          "smlad r9, r8, r3, r9\n\t"
            "ldr.w r2, [r0, #24]\n\t"         "smlad r11, r8, r4, r11\n\t"
            "sxtb16 r3, r1\n\t"               "smlad r10, r5, r1, r10\n\t"
            "sxtb16 r4, r2\n\t"               "smlad r12, r5, r2, r12\n\t"
            "ldr.w r8, [lr], #4\n\t"          "smlad r9, r5, r3, r9\n\t"
            "ldr.w r6, [r0, #12]\n\t"         "smlad r11, r5, r4, r11\n\t"
            "sxtb16 r3, r6\n\t"               "ldr.w r7, [r0, #28]\n\t"
            "smlad r10, r8, r6, r10\n\t"      "add r0, r0, #32\n\t"
            "sxtb16 r4, r7\n\t"               "smlad r12, r8, r7, r12\n\t"
            "smlad r9, r8, r3, r9\n\t"
            "smlad r11, r8, r4, r11\n\t"
            TE_PRODUCT_REQUANTIZE_W8
            TE_PRODUCT_STORE_AND_NEXT);
}
/* clang-format on */

#endif
