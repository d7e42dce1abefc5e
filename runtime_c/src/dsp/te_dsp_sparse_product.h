/* Dot products of one row with weights that are mostly 0.
 *
 * The taps that are not 0 stand one behind the other, output by output, as te_dsp_sparse.h has them,
 * but their count is a multiple of four. The factors of an output are the count, the scaled bias and
 * the multiplier. Outputs are those of te_dsp_product.h: 16 instructions for 4 taps.
 */
#ifndef TE_DSP_SPARSE_PRODUCT_H
#define TE_DSP_SPARSE_PRODUCT_H

#include "te_dsp_conv.h"
#include "te_dsp_fully_connected_sparse.h"

enum {
    TE_SPARSE_PRODUCT_FACTORS = 3 /* of an output */
};

/* A row as the dot product sees it. Assembly reads the members by their places. */
typedef struct {
    const int8_t *taps;
    const int32_t *factor;
    const int32_t *factor_end;
    const int8_t *x;
    int8_t *out;
    int32_t rounding;
    int32_t offset;
} te_sparse_product;

#if TE_HAS_DSP

/* What r1 to r7 are pushed as. */
typedef struct {
    const int32_t *factor;
    const int32_t *factor_end;
    const int8_t *x;
    int8_t *out;
    uint32_t requantize; /* where the product has `rounding` */
    int32_t offset;
    const int8_t *taps_end; /* of an output, as far as the loop reads */
} te_sparse_product_frame;

#define TE_SPARSE_PRODUCT_FACTOR 0
#define TE_SPARSE_PRODUCT_FACTOR_END 4
#define TE_SPARSE_PRODUCT_X 8
#define TE_SPARSE_PRODUCT_OUT 12
#define TE_SPARSE_PRODUCT_REQUANTIZE 16
#define TE_SPARSE_PRODUCT_OFFSET 20
#define TE_SPARSE_PRODUCT_TAPS_END 24
#define TE_SPARSE_PRODUCT_NBYTES 28
#define TE_SPARSE_PRODUCT_AT(name) "[sp, #" TE_TEXT(TE_SPARSE_PRODUCT_##name) "]"
TE_HOLD(te_sparse_product_frame, factor, TE_SPARSE_PRODUCT_FACTOR);
TE_HOLD(te_sparse_product_frame, factor_end, TE_SPARSE_PRODUCT_FACTOR_END);
TE_HOLD(te_sparse_product_frame, x, TE_SPARSE_PRODUCT_X);
TE_HOLD(te_sparse_product_frame, out, TE_SPARSE_PRODUCT_OUT);
TE_HOLD(te_sparse_product_frame, requantize, TE_SPARSE_PRODUCT_REQUANTIZE);
TE_HOLD(te_sparse_product_frame, offset, TE_SPARSE_PRODUCT_OFFSET);
TE_HOLD(te_sparse_product_frame, taps_end, TE_SPARSE_PRODUCT_TAPS_END);
_Static_assert(sizeof(te_sparse_product_frame) == TE_SPARSE_PRODUCT_NBYTES,
               "assembly takes it off");
TE_HOLD(te_sparse_product, factor, 4 + TE_SPARSE_PRODUCT_FACTOR);
TE_HOLD(te_sparse_product, rounding, 4 + TE_SPARSE_PRODUCT_REQUANTIZE);
TE_HOLD(te_sparse_product, offset, 4 + TE_SPARSE_PRODUCT_OFFSET);
_Static_assert(TE_CONV_UP_LESS == 36, "assembly compares with it");

/* clang-format off */
/* r0 walks over the taps, of which four are in r1, r2: each a weight and the distance to the next one.
 * lr, r6, r7 and r8 are where x has them; their x are in r3, r4, r9, r10, the weights in r11, r12, the
 * sum in r5.
 */
TE_NAKED static void te_sparse_product_dot(const te_sparse_product *product __attribute__((unused)))
{
    __asm__("push {r4-r11, lr}\n\t"
            "ldm r0, {r0-r6}\n\t"
            "cmp r5, #36\n\t"
            "adr.w r5, 7f + 1\n\t"
            "it eq\n\t"
            "adreq.w r5, 6f + 1\n\t"
            "push {r1-r7}\n\t"
            "4: ldr r1, " TE_SPARSE_PRODUCT_AT(FACTOR) "\n\t"
            "ldr lr, " TE_SPARSE_PRODUCT_AT(X) "\n\t"
            "ldrb r4, [r0], #1\n\t"
            "ldr r3, [r1]\n\t"
            "ldr r1, [r0], #4\n\t"
            "ldr r2, [r0], #4\n\t"
            "mov r5, #0\n\t"
            "adr.w r7, 2f + 1\n\t"
            "add r6, r0, r3, lsl #1\n\t"
            "and r3, r3, #12\n\t"
            "str r6, " TE_SPARSE_PRODUCT_AT(TAPS_END) "\n\t"
            "sub r7, r7, r3, lsl #4\n\t"
            "add lr, lr, r4\n\t"
            "bx r7\n\t"
            ".balign 4\n\t"
            "1:\n\t"
            ".rept 4\n\t" /* 64 bytes each */
            "uxtab r6, lr, r1, ror #8\n\t"
            "uxtab r7, r6, r1, ror #24\n\t"
            "sxtb16 r11, r1\n\t"
            "uxtab r8, r7, r2, ror #8\n\t"
            "sxtb16 r12, r2\n\t"
            "ldrsb.w r3, [lr]\n\t"
            "ldrsb.w r4, [r6]\n\t"
            "uxtab lr, r8, r2, ror #24\n\t"
            "ldrsb.w r9, [r7]\n\t"
            "ldrsb.w r10, [r8]\n\t"
            "ldr.w r1, [r0], #4\n\t"
            "ldr.w r2, [r0], #4\n\t"
            "smlabb r5, r3, r11, r5\n\t"
            "smlabt r5, r4, r11, r5\n\t"
            "smlabb r5, r9, r12, r5\n\t"
            "smlabt r5, r10, r12, r5\n\t"
            ".endr\n\t"
            "2: ldr.w r3, " TE_SPARSE_PRODUCT_AT(TAPS_END) "\n\t"
            "cmp r0, r3\n\t"
            "bne.w 1b\n\t"
            "ldr r1, " TE_SPARSE_PRODUCT_AT(FACTOR) "\n\t"
            "ldr r7, " TE_SPARSE_PRODUCT_AT(FACTOR_END) "\n\t"
            "ldr r6, " TE_SPARSE_PRODUCT_AT(OFFSET) "\n\t"
            "ldr r3, [r1, #4]\n\t"
            "ldr r4, [r1, #8]\n\t"
            "sub r0, r0, #8\n\t"
            "add r1, r1, #12\n\t"
            "str r1, " TE_SPARSE_PRODUCT_AT(FACTOR) "\n\t"
            "add r5, r3, r5, lsl #8\n\t"
            "smmla r5, r5, r4, r6\n\t"
            "ldr r8, " TE_SPARSE_PRODUCT_AT(OUT) "\n\t"
            "ldr pc, " TE_SPARSE_PRODUCT_AT(REQUANTIZE) "\n\t"
            "6: asr r5, r5, #8\n\t"
            "b 8f\n\t"
            "7: asr r5, r5, #12\n\t"
            "8: ssat r5, #8, r5\n\t"
            "strb r5, [r8], #1\n\t"
            "str r8, " TE_SPARSE_PRODUCT_AT(OUT) "\n\t"
            "cmp r1, r7\n\t"
            "bne.w 4b\n\t"
            "add sp, sp, #" TE_TEXT(TE_SPARSE_PRODUCT_NBYTES) "\n\t"
            "pop {r4-r11, pc}\n\t");
}
/* clang-format on */

#else

/* Does what the assembly does. */
static inline void te_sparse_product_dot(const te_sparse_product *product)
{
    const int32_t bits = product->rounding == TE_CONV_UP_LESS ? 8 : 12;
    const int8_t *taps = product->taps;
    int8_t *out = product->out;
    for (const int32_t *factor = product->factor; factor != product->factor_end;
         factor += TE_SPARSE_PRODUCT_FACTORS) {
        const int8_t *x = product->x;
        int32_t sum = 0;
        for (int32_t tap = 0; tap < factor[0]; tap++) {
            x += (uint8_t)taps[0];
            sum += taps[1] * *x;
            taps += 2;
        }
        taps++;
        const int32_t scaled = (int32_t)((uint32_t)factor[1] + ((uint32_t)sum << 8));
        const int32_t high = te_multiply_high(scaled, factor[2], product->offset);
        *out++ = (int8_t)te_saturate8(high >> bits);
    }
}

#endif

#endif
