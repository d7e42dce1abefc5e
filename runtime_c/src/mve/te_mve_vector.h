/* Fully connected for MVE: the dot products of a vector with int8 weights. */
#ifndef TE_MVE_VECTOR_H
#define TE_MVE_VECTOR_H

#include "te_mve_vector_loop.h"

#if TE_HAS_MVE

/* clang-format off */
#define TE_MVE_VECTOR_BLOCK(op)                                                                    \
    "vldrb.8 q1, [r9], #16\n\t"                                                                    \
    "vldrb.8 q0, [r1], #16\n\t" op " r0, q0, q1\n\t"                                               \
    "vldrb.8 q0, [r1], #16\n\t" op " r2, q0, q1\n\t"                                               \
    "vldrb.8 q0, [r1], #16\n\t" op " r4, q0, q1\n\t"                                               \
    "vldrb.8 q0, [r1], #16\n\t" op " r6, q0, q1\n\t"                                               \
    "vldrb.8 q0, [r1], #16\n\t" op " r8, q0, q1\n\t"                                               \
    "vldrb.8 q0, [r1], #16\n\t" op " r10, q0, q1\n\t"                                              \
    "vldrb.8 q0, [r1], #16\n\t" op " r12, q0, q1\n\t"                                              \
    "vldrb.8 q0, [r1], #16\n\t" op " lr, q0, q1\n\t"

/* 17 instructions for a block. */
TE_NAKED static void te_mve_vector_dot(const te_mve_vector *vector __attribute__((unused)))
{
    __asm__(TE_MVE_VECTOR_DOT(TE_MVE_VECTOR_BLOCK, "", ""));
}
/* clang-format on */

#else

static inline void te_mve_vector_dot(const te_mve_vector *vector)
{
    const int32_t elements = te_mve_vector_blocks(vector) * TE_MVE_BLOCK;
    int8_t *out = vector->out;
    const int32_t *record = vector->weight;
    while (record != vector->weight_end) {
        const int32_t *const factors = record + elements * TE_MVE_OUTPUTS / 4;
        for (int32_t i = 0; i < TE_MVE_OUTPUTS; i++) {
            const int8_t *weight = (const int8_t *)record + i * TE_MVE_BLOCK;
            int32_t sum = 0;
            for (int32_t element = 0; element < elements; element++) {
                const int32_t at = element / TE_MVE_BLOCK * TE_MVE_OUTPUTS * TE_MVE_BLOCK;
                sum += vector->x[element] * weight[at + element % TE_MVE_BLOCK];
            }
            out[i] = te_mve_vector_output(vector, factors + i, sum);
        }
        out += TE_MVE_OUTPUTS;
        record = factors + 5 * TE_MVE_OUTPUTS;
    }
}

#endif

#endif
