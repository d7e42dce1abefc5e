/* Products of a vector with the weights of four outputs at a time, two to a multiplication.
 *
 * A word holds an unsigned weight of each of four outputs. Bytes 0 and 2 of it are the lanes of 16
 * bits of one factor, bytes 1 and 3 those of another: times an element, each adds to two sums. Those
 * of a chunk of elements start with 2^15 less what the unsigned weights are too great by, so that
 * the lower one ends within [0, 2^16), and the upper one stands above it, whole. What is added up
 * of the lower ones is all of the word: `bias` has the upper one's bias times 2^16 and 2^15 less for
 * every chunk, and in the end the upper sum times 2^16 is taken off.
 */
#ifndef TE_BASE_PRODUCT_PAIRS_H
#define TE_BASE_PRODUCT_PAIRS_H

#include "te_base.h"

/* A chunk of elements: what its sums start with, and the place of its loop; the last one has none. */
typedef struct {
    int32_t start;
    int32_t place; /* pairs of elements; 0: one element; TE_PAIRS_END */
} te_pairs_chunk;

#define TE_PAIRS_END 9

/* What four outputs at a time are computed from, in the order in which assembly loads it. */
typedef struct {
    const int8_t *in;
    te_pairs_chunk *chunk;
    const uint8_t *weight;
    const int32_t *bias;
    const int32_t *factor;
    int32_t factor_step; /* bytes to the factors of the next four outputs */
    int32_t bits;
    int8_t *out;
    int8_t *out_end; /* not out */
    te_pairs_chunk *chunk_end;
    int32_t in_c;
    int32_t weight_offset;
} te_pairs_block;

#if defined(__thumb2__) && defined(__GNUC__)

#define TE_PAIRS_BLOCK_WEIGHT 8
#define TE_PAIRS_BLOCK_BIAS 12
#define TE_PAIRS_BLOCK_FACTOR 16
#define TE_PAIRS_BLOCK_OUT 28
#define TE_PAIRS_BLOCK_CHUNK_END 36
#define TE_PAIRS_AT(name) "[r12, #" TE_TEXT(TE_PAIRS_BLOCK_##name) "]\n\t"

TE_HOLD(te_pairs_block, chunk, 4);
TE_HOLD(te_pairs_block, weight, TE_PAIRS_BLOCK_WEIGHT);
TE_HOLD(te_pairs_block, bias, TE_PAIRS_BLOCK_BIAS);
TE_HOLD(te_pairs_block, factor, TE_PAIRS_BLOCK_FACTOR);
TE_HOLD(te_pairs_block, bits, TE_PAIRS_BLOCK_FACTOR + 8);
TE_HOLD(te_pairs_block, out, TE_PAIRS_BLOCK_OUT);
TE_HOLD(te_pairs_block, out_end, TE_PAIRS_BLOCK_OUT + 4);
TE_HOLD(te_pairs_block, chunk_end, TE_PAIRS_BLOCK_CHUNK_END);
_Static_assert(sizeof(te_pairs_chunk) == 8, "assembly steps from chunk to chunk");

/* clang-format off */
/* r0-r3: sums. r4, r5: those of a chunk, by two. r6: mask. r7: in. r8: weights. r9: chunk. r10: element.
 * r11, r12, lr: weights. For the outputs r4: factors. r5: bytes to the next. r7: bits. r9: out. r10,
 * r11, lr: factors. r12: block, which is on the stack.
 *
 * Instructions of two elements: 11; of a chunk 7 more; of an output 7.
 */
#define TE_PAIRS_ELEMENT(weight, other)                                                            \
    "ldrsb r10, [r7], #1\n\t"                                                                      \
    "and " other ", r6, " weight "\n\t"                                                            \
    "and " weight ", r6, " weight ", lsr #8\n\t"                                                   \
    "mla r4, r10, " other ", r4\n\t"                                                               \
    "mla r5, r10, " weight ", r5\n\t"
#define TE_PAIRS_TWO                                                                               \
    "ldrd r12, lr, [r8], #8\n\t"                                                                   \
    TE_PAIRS_ELEMENT("r12", "r11")                                                                 \
    TE_PAIRS_ELEMENT("lr", "r11")
#define TE_PAIRS_OUTPUT(sum)                                                                       \
    "ldm r4!, {r10, r11, lr}\n\t"                                                                  \
    "lsl lr, " sum ", lr\n\t"                                                                      \
    "smull r10, lr, lr, r10\n\t"                                                                   \
    "add lr, lr, r11\n\t"                                                                          \
    "asr lr, lr, r7\n\t"                                                                           \
    "ssat lr, #8, lr\n\t"                                                                          \
    "strb lr, [r9], #1\n\t"

/* Computes the outputs from `out` to `out_end`, which come in fours. */
TE_NAKED static void te_pairs_outputs(te_pairs_block *block __attribute__((unused)))
{
    __asm__(
        "push {r0, r4-r11, lr}\n\t"
        "mov r12, r0\n\t"
        "ldr r1, [r12, #4]\n\t"
        "ldr r2, " TE_PAIRS_AT(CHUNK_END)
        "ldr r8, " TE_PAIRS_AT(WEIGHT)
        "mov r6, #0x00ff00ff\n\t"
        "adr r3, 16f\n"
        "15:\n\t" /* places become ways from the jump */
        "ldr r4, [r1, #4]\n\t"
        "ldrsh r4, [r3, r4, lsl #1]\n\t"
        "str r4, [r1, #4]\n\t"
        "adds r1, #8\n\t"
        "cmp r1, r2\n\t"
        "bne 15b\n"
        "11:\n\t"
        "ldr r12, [sp]\n\t"
        "ldrd r7, r9, [r12]\n\t"
        "ldr r10, " TE_PAIRS_AT(BIAS)
        "ldm r10!, {r0-r3}\n\t"
        "str r10, " TE_PAIRS_AT(BIAS)
        "b 13f\n"
        "10:\n\t" /* one element */
        "ldr r12, [r8], #4\n\t"
        TE_PAIRS_ELEMENT("r12", "r11")
        "b 12f\n"
        "8:\n\t" TE_PAIRS_TWO
        "7:\n\t" TE_PAIRS_TWO
        "6:\n\t" TE_PAIRS_TWO
        "5:\n\t" TE_PAIRS_TWO
        "4:\n\t" TE_PAIRS_TWO
        "3:\n\t" TE_PAIRS_TWO
        "2:\n\t" TE_PAIRS_TWO
        "1:\n\t" TE_PAIRS_TWO
        "12:\n\t"
        "add r0, r0, r4\n\t"
        "add r1, r1, r5\n\t"
        "add r2, r2, r4, asr #16\n\t"
        "add r3, r3, r5, asr #16\n"
        "13:\n\t"
        "ldrd r5, r11, [r9], #8\n\t"
        "mov r4, r5\n"
        "14:\n\t"
        "add pc, r11\n"
        "9:\n\t" /* behind the last chunk */
        "sub r0, r0, r2, lsl #16\n\t"
        "sub r1, r1, r3, lsl #16\n\t"
        "ldr r12, [sp]\n\t"
        "ldr r4, " TE_PAIRS_AT(FACTOR)
        "ldr r7, [r12, #" TE_TEXT(TE_PAIRS_BLOCK_FACTOR) " + 8]\n\t"
        "ldr r9, " TE_PAIRS_AT(OUT)
        TE_PAIRS_OUTPUT("r0")
        TE_PAIRS_OUTPUT("r1")
        TE_PAIRS_OUTPUT("r2")
        TE_PAIRS_OUTPUT("r3")
        "ldrd r4, r5, " TE_PAIRS_AT(FACTOR)
        "add r4, r4, r5\n\t"
        "str r4, " TE_PAIRS_AT(FACTOR)
        "str r9, " TE_PAIRS_AT(OUT)
        "ldr r10, [r12, #" TE_TEXT(TE_PAIRS_BLOCK_OUT) " + 4]\n\t"
        "cmp r9, r10\n\t"
        "bne 11b\n\t"
        "add sp, sp, #4\n\t"
        "pop {r4-r11, pc}\n\t"
        ".align 2\n"
        "16:\n\t"
        ".hword 10b - 14b - 4, 1b - 14b - 4, 2b - 14b - 4, 3b - 14b - 4, 4b - 14b - 4\n\t"
        ".hword 5b - 14b - 4, 6b - 14b - 4, 7b - 14b - 4, 8b - 14b - 4, 9b - 14b - 4\n\t"
        ".align 2\n");
}
/* clang-format on */

#else

#include "te_base_product.h"

/* Computes the outputs from `out` to `out_end`, which come in fours: each from its products. */
static void te_pairs_outputs(te_pairs_block *block)
{
    const int32_t chunks = (int32_t)(block->chunk_end - block->chunk) - 1;
    int32_t excess = 0;
    for (int32_t i = 0; i < block->in_c; i++) {
        excess += block->in[i] * block->weight_offset;
    }
    while (block->out < block->out_end) {
        const uint32_t more = (uint32_t)chunks * 0x8000U - (uint32_t)excess;
        const int32_t *const bias = block->bias;
        int32_t sums[4] = {(int32_t)((uint32_t)bias[0] - ((uint32_t)bias[2] << 16) + more),
                           (int32_t)((uint32_t)bias[1] - ((uint32_t)bias[3] << 16) + more),
                           bias[2] - excess, bias[3] - excess};
        te_base_product(block->in, block->weight, block->in_c, sums);
        for (int32_t i = 0; i < 4; i++) {
            const int32_t *const factor = block->factor + 3 * i;
            const int32_t sum = te_shift_left(sums[i], factor[2]);
            const int32_t value = factor[1] + te_multiply_q32(sum, factor[0]);
            *block->out++ = (int8_t)te_base_saturate(value >> block->bits);
        }
        block->weight += 4 * block->in_c;
        block->bias += 4;
        block->factor += block->factor_step / 4;
    }
}

#endif

#endif
