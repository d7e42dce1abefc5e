/* Fully connected for MVE: a vector and eight outputs at a time, whatever form weights have. */
#ifndef TE_MVE_VECTOR_LOOP_H
#define TE_MVE_VECTOR_LOOP_H

#include "te_mve.h"
#include "te_mve_fully_connected.h"
#include "te_requantize.h"

#define TE_MVE_OUTPUTS 8 /* computed at a time */
#define TE_MVE_BLOCK 16  /* elements of a block, of one output */

/* One vector and the outputs to compute. Assembly reads the members by their places.
 *
 * A record of eight outputs is: blocks of 16 weights of each output, as int8 or as the header says
 * that has the dot products; then as int32 and for each output the biases, the left shifts, the
 * multipliers, the offsets and the right shifts, which are negative. An output is (offset + ((bias + sum) * 2^left * multiplier >> 32)) >> right, clamped.
 */
typedef struct {
    const int8_t *x; /* 16 * blocks elements */
    int32_t blocks;
    const int32_t *weight_end; /* behind the last record */
    const int32_t *weight;
    int8_t *out;
    int32_t act_min;
    int32_t act_max;
} te_mve_vector;

#if TE_HAS_MVE

/* Where the members of a vector are, and of the frame: it is the vector up to the weights. Some are
 * loaded with the next one.
 */
#define TE_MVE_VECTOR_X 0
#define TE_MVE_VECTOR_WEIGHT_END 8
#define TE_MVE_VECTOR_WEIGHT 12
#define TE_MVE_VECTOR_ACT_MIN 20
#define TE_MVE_VECTOR_AT(base, name) "[" base ", #" TE_TEXT(TE_MVE_VECTOR_##name) "]"

TE_HOLD(te_mve_vector, x, TE_MVE_VECTOR_X);
TE_HOLD(te_mve_vector, blocks, TE_MVE_VECTOR_X + 4);
TE_HOLD(te_mve_vector, weight_end, TE_MVE_VECTOR_WEIGHT_END);
TE_HOLD(te_mve_vector, weight, TE_MVE_VECTOR_WEIGHT);
TE_HOLD(te_mve_vector, out, TE_MVE_VECTOR_WEIGHT + 4);
TE_HOLD(te_mve_vector, act_min, TE_MVE_VECTOR_ACT_MIN);
TE_HOLD(te_mve_vector, act_max, TE_MVE_VECTOR_ACT_MIN + 4);

/* clang-format off */
/* Applies `op` to q0 and q1 with the next eight words of the record. */
#define TE_MVE_VECTOR_STEP(op)                                                                     \
    "vldrw.32 q2, [r1], #16\n\t"                                                                   \
    "vldrw.32 q3, [r1], #16\n\t"                                                                   \
    op " q0, q0, q2\n\t"                                                                           \
    op " q1, q1, q3\n\t"

/* The dot products with `block`, which multiplies 16 elements of eight outputs; `sums` changes sums
 * where they are and `finish` in q0 and q1. 2 instructions for every two blocks and 40 around them,
 * besides those that are given. Sums are in r0, r2, r4, r6, r8, r10, r12 and lr; r1 is in the record,
 * r9 in the vector, r3 is where to store, r5 counts; q4, q5 are the clamp. An odd number of blocks
 * begins with the second half of the loop. The frame is x, blocks, weight_end.
 */
#define TE_MVE_VECTOR_DOT(block, sums, finish)                                                     \
    "push {r4-r10, lr}\n\t"                                                                        \
    "vpush {d8-d11}\n\t"                                                                           \
    "ldrd r4, r5, " TE_MVE_VECTOR_AT("r0", ACT_MIN) "\n\t"                                         \
    "vdup.32 q4, r4\n\t"                                                                           \
    "vdup.32 q5, r5\n\t"                                                                           \
    "ldrd r1, r3, " TE_MVE_VECTOR_AT("r0", WEIGHT) "\n\t"                                          \
    "ldm r0, {r4-r6}\n\t"                                                                          \
    "push {r4-r6}\n"                                                                               \
    "1:\n\t"                                                                                       \
    "ldrd r9, r5, " TE_MVE_VECTOR_AT("sp", X) "\n\t"                                               \
    "mov r0, #0\n\t"                                                                               \
    "mov r2, #0\n\t"                                                                               \
    "mov r4, #0\n\t"                                                                               \
    "mov r6, #0\n\t"                                                                               \
    "mov r8, #0\n\t"                                                                               \
    "mov r10, #0\n\t"                                                                              \
    "mov r12, #0\n\t"                                                                              \
    "mov lr, #0\n\t"                                                                               \
    "adds r5, r5, #1\n\t"                                                                          \
    "lsrs r5, r5, #1\n\t"                                                                          \
    "bcc 3f\n"                                                                                     \
    "2:\n\t"                                                                                       \
    block("vmlava.s8")                                                                             \
    "3:\n\t"                                                                                       \
    block("vmlava.s8")                                                                             \
    "subs r5, r5, #1\n\t"                                                                          \
    "bne 2b\n\t"                                                                                   \
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
    "ldr r0, " TE_MVE_VECTOR_AT("sp", WEIGHT_END) "\n\t"                                           \
    "cmp r1, r0\n\t"                                                                               \
    "bne.w 1b\n\t"                                                                                 \
    "add sp, sp, #" TE_TEXT(TE_MVE_VECTOR_WEIGHT) "\n\t"                                           \
    "vpop {d8-d11}\n\t"                                                                            \
    "pop {r4-r10, pc}\n\t"
/* clang-format on */

#else

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
