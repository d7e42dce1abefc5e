/* Dot products of one row with int8 weights, for four outputs at a time.
 *
 * Words of weights are those of te_dsp_conv_w8.h: of outputs a and b, and of c and d. A record of
 * four is: the scaled biases of b and d; for every four words of the row, four words of a and b and
 * four of c and d; the scaled bias of a and the multipliers of a and b; the same of c and d. The
 * output is the saturation of (offset + (sum * multiplier >> 32)) >> 8 or 12.
 *
 * Registers: r0 walks over the weights and lr over x; four words of x in r5 to r8, of weights in r1
 * to r4; sums of a, b, c, d in r9 to r12. In the frame: sp + 0 out, 4 x, 8 x_end, 12 weight_end, 16
 * where to enter, 20 where to round, 24 offset.
 *
 * Instructions for 32 MACs: 27.
 */
#ifndef TE_DSP_PRODUCT_W8_H
#define TE_DSP_PRODUCT_W8_H

#include "te_dsp_conv.h"

/* A row as the dot products see it. Assembly reads the members by their places. */
typedef struct {
    const int32_t *weight;
    int8_t *out;
    const int32_t *x; /* pairs, a multiple of 4 */
    const int32_t *x_end;
    const int32_t *weight_end; /* behind the last record */
    int32_t rounding;          /* TE_CONV_UP_LESS or TE_CONV_UP_MORE */
    int32_t offset;
} te_product_row;

#if TE_HAS_DSP

/* Four pairs of taps of two outputs. The even bytes of weights are extended in their place, once
 * all of them are used, and some instructions before they are.
 */
#define TE_PRODUCT_QUAD(a, b)                                                                      \
    "ldm.w r0!, {r1-r4}\n\t"                                                                       \
    "smlad " b ", r5, r1, " b "\n\t"                                                               \
    "sxtb16 r1, r1\n\t"                                                                            \
    "smlad " b ", r6, r2, " b "\n\t"                                                               \
    "sxtb16 r2, r2\n\t"                                                                            \
    "smlad " a ", r5, r1, " a "\n\t"                                                               \
    "smlad " b ", r7, r3, " b "\n\t"                                                               \
    "sxtb16 r3, r3\n\t"                                                                            \
    "smlad " a ", r6, r2, " a "\n\t"                                                               \
    "smlad " b ", r8, r4, " b "\n\t"                                                               \
    "sxtb16 r4, r4\n\t"                                                                            \
    "smlad " a ", r7, r3, " a "\n\t"                                                               \
    "smlad " a ", r8, r4, " a "\n\t"

#define TE_PRODUCT_SATURATE(bits)                                                                  \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r10, #8, r10, asr #" bits "\n\t"                                                         \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "ssat r12, #8, r12, asr #" bits "\n\t"

/* Enters the loop, of eight times four pairs, so far before its end that no pairs are left over. */
/* clang-format off */
TE_NAKED static void te_product_dot_w8(const te_product_row *row __attribute__((unused)))
{
    __asm__("push {r4-r11, lr}\n\t"
            "ldm r0, {r1-r5, r7, r8}\n\t"
            "mov r0, r1\n\t"
            "sub r9, r4, r3\n\t"
            "ubfx r9, r9, #4, #3\n\t"
            "mov r10, #108\n\t"
            "adr.w r6, 2f + 1\n\t"
            "mls r6, r9, r10, r6\n\t"
            "cmp r7, #36\n\t"
            "adr.w r7, 7f + 1\n\t"
            "adr.w r9, 6f + 1\n\t"
            "it eq\n\t"
            "moveq r7, r9\n\t"
            "push {r2-r8}\n\t"
            "4: ldrd r10, r12, [r0], #8\n\t"
            "mov r9, #0\n\t"
            "mov r11, #0\n\t"
            "ldr lr, [sp, #4]\n\t"
            "ldr pc, [sp, #16]\n\t"
            ".balign 4\n\t"
            "1:\n\t"
            ".rept 8\n\t"
            "ldm.w lr!, {r5-r8}\n\t"
            TE_PRODUCT_QUAD("r9", "r10")
            TE_PRODUCT_QUAD("r11", "r12")
            ".endr\n\t"
            "2: ldr r1, [sp, #8]\n\t"
            "cmp lr, r1\n\t"
            "bne.w 1b\n\t"
            "ldm r0!, {r1-r6}\n\t"
            "ldr r7, [sp, #24]\n\t"
            "sub r10, r10, r9\n\t"
            "add r9, r1, r9, lsl #8\n\t"
            "sub r12, r12, r11\n\t"
            "add r11, r4, r11, lsl #8\n\t"
            "smmla r9, r9, r2, r7\n\t"
            "smmla r10, r10, r3, r7\n\t"
            "smmla r11, r11, r5, r7\n\t"
            "smmla r12, r12, r6, r7\n\t"
            "ldr pc, [sp, #20]\n\t"
            "6: " TE_PRODUCT_SATURATE("8") "b 8f\n\t"
            "7: " TE_PRODUCT_SATURATE("12")
            "8: ldr r1, [sp]\n\t"
            "strb r9, [r1], #1\n\t"
            "strb r10, [r1], #1\n\t"
            "strb r11, [r1], #1\n\t"
            "strb r12, [r1], #1\n\t"
            "str r1, [sp]\n\t"
            "ldr r1, [sp, #12]\n\t"
            "cmp r0, r1\n\t"
            "bne.w 4b\n\t"
            "add sp, sp, #28\n\t"
            "pop {r4-r11, pc}\n\t");
}
/* clang-format on */

#else

/* Output of a scaled sum. */
static inline int8_t te_product_output(const te_product_row *row, int32_t sum, int32_t multiplier)
{
    const int32_t bits = row->rounding == TE_CONV_UP_LESS ? 8 : 12;
    return (int8_t)te_saturate8(te_multiply_high(sum, multiplier, row->offset) >> bits);
}

/* Does what the assembly does. */
static inline void te_product_dot_w8(const te_product_row *row)
{
    int8_t *out = row->out;
    for (const int32_t *record = row->weight; record != row->weight_end;) {
        int32_t even[2] = {0, 0};
        int32_t both[2] = {record[0], record[1]};
        record += 2;
        for (const int32_t *x = row->x; x != row->x_end; x += 4) {
            for (int32_t at = 0; at < 8; at++) {
                both[at / 4] = te_smlad(x[at % 4], record[at], both[at / 4]);
                even[at / 4] = te_smlad(x[at % 4], te_sxtb16(record[at]), even[at / 4]);
            }
            record += 8;
        }
        for (int32_t pair = 0; pair < 2; pair++) {
            const int32_t a = (int32_t)((uint32_t)record[0] + ((uint32_t)even[pair] << 8));
            const int32_t b = (int32_t)((uint32_t)both[pair] - (uint32_t)even[pair]);
            out[0] = te_product_output(row, a, record[1]);
            out[1] = te_product_output(row, b, record[2]);
            out += 2;
            record += 3;
        }
    }
}

#endif

#endif
