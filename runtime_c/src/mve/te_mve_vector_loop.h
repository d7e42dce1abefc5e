/* Fully connected for MVE: a vector and eight outputs at a time, whatever form weights have. */
#ifndef TE_MVE_VECTOR_LOOP_H
#define TE_MVE_VECTOR_LOOP_H

#include "te_mve.h"
#include "te_mve_fully_connected.h"
#include "te_requantize.h"

#define TE_MVE_OUTPUTS 8 /* computed at a time */
#define TE_MVE_BLOCK 16  /* elements of a block, of one output */
#define TE_MVE_ROUND 4   /* blocks that a round of the loop adds */
#define TE_MVE_VECTOR_BLOCK_CODE 68

/* One vector and the outputs to compute. Assembly reads the members by their places.
 *
 * A record of eight outputs is: blocks of 16 weights of each output, as int8 or as the header says
 * that has the dot products; then as int32 and for each output the biases, the left shifts, the
 * multipliers, the offsets and the right shifts, which are negative. An output is
 * (offset + ((bias + sum) * 2^left * multiplier >> 32)) >> right, clamped.
 */
typedef struct {
    const int8_t *x;           /* 16 * blocks elements */
    int32_t rounds;            /* of TE_MVE_ROUND blocks behind the first one, at least 1 */
    int32_t skipped_nbytes;    /* code of the first round that is left out */
    const int32_t *weight_end; /* behind the last record */
    const int32_t *weight;
    int8_t *out;
    int32_t act_min;
    int32_t act_max;
} te_mve_vector;

#if TE_HAS_MVE

/* Where the members of a vector are; the frame is the first two. Some are loaded with the next one. */
#define TE_MVE_VECTOR_X 0
#define TE_MVE_VECTOR_SKIPPED 8
#define TE_MVE_VECTOR_WEIGHT 16
#define TE_MVE_VECTOR_ACT_MIN 24
#define TE_MVE_VECTOR_AT(base, name) "[" base ", #" TE_TEXT(TE_MVE_VECTOR_##name) "]"

TE_HOLD(te_mve_vector, x, TE_MVE_VECTOR_X);
TE_HOLD(te_mve_vector, rounds, TE_MVE_VECTOR_X + 4);
TE_HOLD(te_mve_vector, skipped_nbytes, TE_MVE_VECTOR_SKIPPED);
TE_HOLD(te_mve_vector, weight_end, TE_MVE_VECTOR_SKIPPED + 4);
TE_HOLD(te_mve_vector, weight, TE_MVE_VECTOR_WEIGHT);
TE_HOLD(te_mve_vector, out, TE_MVE_VECTOR_WEIGHT + 4);
TE_HOLD(te_mve_vector, act_min, TE_MVE_VECTOR_ACT_MIN);
TE_HOLD(te_mve_vector, act_max, TE_MVE_VECTOR_ACT_MIN + 4);

/* clang-format off */
/* Applies `op` to q0 and q1 with the next eight words of the record. */
#define TE_MVE_VECTOR_STEP(op)                                                                     \
    "vldmia r1!, {d4-d7}\n\t"                                                                      \
    op " q0, q0, q2\n\t"                                                                           \
    op " q1, q1, q3\n\t"

/* The dot products with `block`, which multiplies 16 elements of eight outputs in
 * TE_MVE_VECTOR_BLOCK_CODE bytes; `sums` changes sums where they are and `finish` in q0 and q1. 2
 * instructions for every four blocks behind the first and 29 around them, besides those that are given.
 * Sums are in r0, r2, r4, r6, r8, r10, r12 and lr; r1 is in the record and r11 at the end of all, r9 in
 * the vector, r3 is where to store, r5 counts rounds, r7 is where to enter the first one; q4, q5 are the
 * clamp.
 */
#define TE_MVE_VECTOR_DOT(block, sums, finish)                                                     \
    "push {r4-r11, lr}\n\t"                                                                        \
    "vpush {d8-d11}\n\t"                                                                           \
    "ldrd r4, r5, " TE_MVE_VECTOR_AT("r0", ACT_MIN) "\n\t"                                         \
    "vdup.32 q4, r4\n\t"                                                                           \
    "vdup.32 q5, r5\n\t"                                                                           \
    "ldrd r1, r3, " TE_MVE_VECTOR_AT("r0", WEIGHT) "\n\t"                                          \
    "ldrd r7, r11, " TE_MVE_VECTOR_AT("r0", SKIPPED) "\n\t"                                        \
    "ldrd r4, r5, " TE_MVE_VECTOR_AT("r0", X) "\n\t"                                               \
    "push {r4, r5}\n\t"                                                                            \
    "adr.w r12, 2f\n\t"                                                                            \
    "add r7, r7, r12\n\t"                                                                          \
    "orr r7, r7, #1\n\t"                                                                           \
    "1:\n\t"                                                                                       \
    "ldrd r9, r5, " TE_MVE_VECTOR_AT("sp", X) "\n\t"                                               \
    block("vmlav.s8")                                                                              \
    "bx r7\n\t"                                                                                    \
    ".balign 4\n\t"                                                                                \
    "2:\n\t"                                                                                       \
    block("vmlava.s8")                                                                             \
    block("vmlava.s8")                                                                             \
    block("vmlava.s8")                                                                             \
    block("vmlava.s8")                                                                             \
    "subs r5, r5, #1\n\t"                                                                          \
    "bne.w 2b\n\t"                                                                                 \
    sums                                                                                           \
    "vmov d0, r0, r2\n\t"                                                                          \
    "vmov d1, r4, r6\n\t"                                                                          \
    "vmov d2, r8, r10\n\t"                                                                         \
    "vmov d3, r12, lr\n\t"                                                                         \
    finish                                                                                         \
    TE_MVE_VECTOR_STEP("vadd.i32")                                                                 \
    TE_MVE_VECTOR_STEP("vshl.s32")                                                                 \
    TE_MVE_VECTOR_STEP("vmulh.s32")                                                                \
    TE_MVE_VECTOR_STEP("vadd.i32")                                                                 \
    TE_MVE_VECTOR_STEP("vshl.s32")                                                                 \
    "vmax.s32 q0, q0, q4\n\t"                                                                      \
    "vmax.s32 q1, q1, q4\n\t"                                                                      \
    "vmin.s32 q0, q0, q5\n\t"                                                                      \
    "vmin.s32 q1, q1, q5\n\t"                                                                      \
    "vstrb.32 q0, [r3], #4\n\t"                                                                    \
    "vstrb.32 q1, [r3], #4\n\t"                                                                    \
    "cmp r1, r11\n\t"                                                                              \
    "bne.w 1b\n\t"                                                                                 \
    "add sp, sp, #8\n\t"                                                                           \
    "vpop {d8-d11}\n\t"                                                                            \
    "pop {r4-r11, pc}\n\t"
/* clang-format on */

#else

/* How many blocks of 16 elements `vector` has. */
static inline int32_t te_mve_vector_blocks(const te_mve_vector *vector)
{
    return 1 + vector->rounds * TE_MVE_ROUND - vector->skipped_nbytes / TE_MVE_VECTOR_BLOCK_CODE;
}

/* An output from the sum of its products. */
static inline int8_t te_mve_vector_output(const te_mve_vector *vector, const int32_t *factors,
                                          int32_t sum)
{
    const int32_t scaled = te_shift_left(sum + factors[0], factors[TE_MVE_OUTPUTS]);
    const int64_t product = (int64_t)scaled * factors[2 * TE_MVE_OUTPUTS];
    const int32_t moved = (int32_t)(product >> 32) + factors[3 * TE_MVE_OUTPUTS];
    const int32_t right = -factors[4 * TE_MVE_OUTPUTS];
    return (int8_t)te_clamp(moved >> right, vector->act_min, vector->act_max);
}

#endif

#endif
