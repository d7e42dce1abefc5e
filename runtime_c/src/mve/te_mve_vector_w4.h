/* Fully connected for MVE: the dot products of a vector with weights of 4 bits.
 *
 * A byte of weights is a + 16 * b of two outputs, as te_mve_conv_dot_w4.h says: a record of outputs a
 * to h has blocks of 16 bytes of a and b, of c and d, of e and f, and of g and h.
 */
#ifndef TE_MVE_VECTOR_W4_H
#define TE_MVE_VECTOR_W4_H

#include "te_mve_vector_loop.h"

#if TE_HAS_MVE

/* clang-format off */
#define TE_MVE_VECTOR_NIBBLES(op, a, b)                                                            \
    "vldrb.8 q0, [r1], #16\n\t"                                                                    \
    op " " b ", q0, q1\n\t"                                                                        \
    "vshl.i8 q0, q0, #4\n\t"                                                                       \
    op " " a ", q0, q1\n\t"

#define TE_MVE_VECTOR_BLOCK_W4(op)                                                                 \
    "vldrb.8 q1, [r9], #16\n\t"                                                                    \
    TE_MVE_VECTOR_NIBBLES(op, "r0", "r2")                                                          \
    TE_MVE_VECTOR_NIBBLES(op, "r4", "r6")                                                          \
    TE_MVE_VECTOR_NIBBLES(op, "r8", "r10")                                                         \
    TE_MVE_VECTOR_NIBBLES(op, "r12", "lr")

/* Takes the sums of a from those of b; all are then 16 times too large. */
#define TE_MVE_VECTOR_SUMS_W4                                                                      \
    "sub r2, r2, r0, asr #4\n\t"                                                                   \
    "sub r6, r6, r4, asr #4\n\t"                                                                   \
    "sub r10, r10, r8, asr #4\n\t"                                                                 \
    "sub lr, lr, r12, asr #4\n\t"

#define TE_MVE_VECTOR_FINISH_W4                                                                    \
    "vshr.s32 q0, q0, #4\n\t"                                                                      \
    "vshr.s32 q1, q1, #4\n\t"

/* 17 instructions for a block. */
TE_NAKED static void te_mve_vector_dot_w4(const te_mve_vector *vector __attribute__((unused)))
{
    __asm__(TE_MVE_VECTOR_DOT(TE_MVE_VECTOR_BLOCK_W4, TE_MVE_VECTOR_SUMS_W4,
                              TE_MVE_VECTOR_FINISH_W4));
}
/* clang-format on */

#else

/* Does what the assembly does. */
static inline void te_mve_vector_dot_w4(const te_mve_vector *vector)
{
    int8_t *out = vector->out;
    const int32_t elements = te_mve_vector_blocks(vector) * TE_MVE_BLOCK;
    for (const int32_t *record = vector->weight; record != vector->weight_end;) {
        const int32_t *const factors = record + elements * TE_MVE_OUTPUTS / 8;
        for (int32_t i = 0; i < TE_MVE_OUTPUTS; i += 2) {
            const int8_t *const bytes = (const int8_t *)record + i / 2 * TE_MVE_BLOCK;
            int32_t a = 0;
            int32_t both = 0;
            for (int32_t element = 0; element < elements; element++) {
                const int32_t at = element / TE_MVE_BLOCK * TE_MVE_OUTPUTS / 2 * TE_MVE_BLOCK;
                const int32_t byte = bytes[at + element % TE_MVE_BLOCK];
                a += vector->x[element] * (int8_t)(uint8_t)((uint32_t)byte << 4);
                both += vector->x[element] * byte;
            }
            *out++ = te_mve_vector_output(vector, factors + i, a >> 4);
            *out++ = te_mve_vector_output(vector, factors + i + 1, (both - (a >> 4)) >> 4);
        }
        record = factors + 5 * TE_MVE_OUTPUTS;
    }
}

#endif

#endif
