/* Four channels of a pixel at a time, tap by tap: the inner loop of te_base_depthwise_taps.h.
 *
 * TE_BASE_OUTPUT, defined before, is te_base_output or te_base_output_once; where TE_TAPS_LEFT is
 * defined, outputs are te_requantize's instead, for every shift.
 */
#ifndef TE_BASE_DEPTHWISE_TAPS_QUADS_H
#define TE_BASE_DEPTHWISE_TAPS_QUADS_H

#include "te_base.h"

/* The pixels that a window sees, tap after tap, and the channels to compute from them. */
typedef struct {
    const int8_t **begin;
    const int8_t **end;
    const int32_t *record;
    int32_t oc_end; /* a multiple of four, not 0 */
    int32_t halves; /* 2 * out_zero_point + 1 */
    int8_t *out;
} te_taps_block;

/* Gives the output of a sum; `shift` is one less than that to the right. */
static inline int8_t te_taps_output(int32_t sum, int32_t multiplier, int32_t shift, int32_t halves)
{
#if defined(TE_TAPS_LEFT)
    const int32_t value = te_requantize(sum, multiplier, -1 - shift);
    return (int8_t)te_base_saturate(value + (halves >> 1));
#else
    const te_base_factors by = {multiplier, te_shift_left(halves, shift), shift + 1};
    return TE_BASE_OUTPUT(sum, by);
#endif
}

#if defined(__thumb2__) && defined(__GNUC__) && !defined(TE_TAPS_LEFT)

#define TE_TAPS_BLOCK_OC_END 12
#define TE_TAPS_BLOCK_HALVES 16

TE_HOLD(te_taps_block, end, 4);
TE_HOLD(te_taps_block, record, 8);
TE_HOLD(te_taps_block, oc_end, TE_TAPS_BLOCK_OC_END);
TE_HOLD(te_taps_block, halves, TE_TAPS_BLOCK_HALVES);
TE_HOLD(te_taps_block, out, TE_TAPS_BLOCK_HALVES + 4);

/* clang-format off */
/* r0-r3: sums. r4-r7: channels of the quad. r8: tap. r9: end of taps. r10: record. r11: pixel.
 * r12: element. lr: weight. For the outputs r5: 2 * out_zero_point + 1. r6: out. r7, r8: multipliers.
 * r11: shift less 1. r12, lr: product. On the stack: the block.
 *
 * Instructions of a tap: 15; of an output: 10.5.
 */
#define TE_TAPS_PRODUCT(sum, channel)                                                              \
    "ldrsb r12, [r11, " channel "]\n\t"                                                            \
    "ldrsb lr, [r10], #1\n\t"                                                                      \
    "mla " sum ", r12, lr, " sum "\n\t"

/* te_base_output and te_base_output_once of a sum. */
#define TE_TAPS_te_base_output(sum)                                                                \
    "add lr, lr, r12, lsr #31\n\t"                                                                 \
    "add lr, lr, " sum ", asr #31\n\t"
#define TE_TAPS_te_base_output_once(sum) ""
#define TE_TAPS_ROUND_BY(name, sum) TE_TAPS_##name(sum)
#define TE_TAPS_ROUND_OF(name, sum) TE_TAPS_ROUND_BY(name, sum)
#define TE_TAPS_OUTPUT(sum, multiplier, shift_at, at)                                              \
    "ldrb r11, [r10, #" shift_at "]\n\t"                                                           \
    "lsl r12, " sum ", #1\n\t"                                                                     \
    "smull r12, lr, r12, " multiplier "\n\t"                                                       \
    "lsl " multiplier ", r5, r11\n\t"                                                              \
    "add lr, lr, " multiplier "\n\t"                                                               \
    TE_TAPS_ROUND_OF(TE_BASE_OUTPUT, sum)                                                          \
    "asr lr, lr, r11\n\t"                                                                          \
    "ssat lr, #8, lr, asr #1\n\t"                                                                  \
    "strb lr, [r6, #" at "]\n\t"

/* Computes channels [0, oc_end) of a pixel; gives what is behind their records. */
TE_NAKED static const int32_t *te_taps_quads(const te_taps_block *block __attribute__((unused)))
{
    __asm__(
        "push {r0, r4-r11, lr}\n\t"
        "ldr r9, [r0, #4]\n\t"
        "ldr r10, [r0, #8]\n\t"
        "movs r4, #0\n"
        "1:\n\t"
        "ldr r12, [sp]\n\t"
        "ldr r8, [r12]\n\t"
        "ldm r10!, {r0-r3}\n\t"
        "adds r5, r4, #1\n\t"
        "adds r6, r4, #2\n\t"
        "adds r7, r4, #3\n"
        "2:\n\t"
        "ldr r11, [r8], #4\n\t"
        TE_TAPS_PRODUCT("r0", "r4")
        TE_TAPS_PRODUCT("r1", "r5")
        TE_TAPS_PRODUCT("r2", "r6")
        TE_TAPS_PRODUCT("r3", "r7")
        "cmp r8, r9\n\t"
        "bne 2b\n\t"
        "ldr r12, [sp]\n\t"
        "ldrd r5, r6, [r12, #" TE_TEXT(TE_TAPS_BLOCK_HALVES) "]\n\t"
        "ldm r10!, {r7, r8}\n\t"
        "add r6, r6, r4\n\t"
        TE_TAPS_OUTPUT("r0", "r7", "8", "0")
        TE_TAPS_OUTPUT("r1", "r8", "9", "1")
        "ldm r10!, {r7, r8}\n\t"
        TE_TAPS_OUTPUT("r2", "r7", "2", "2")
        TE_TAPS_OUTPUT("r3", "r8", "3", "3")
        "ldr r12, [sp]\n\t"
        "ldr r12, [r12, #" TE_TEXT(TE_TAPS_BLOCK_OC_END) "]\n\t"
        "adds r10, r10, #4\n\t"
        "adds r4, r4, #4\n\t"
        "cmp r4, r12\n\t"
        "bne 1b\n\t"
        "mov r0, r10\n\t"
        "add sp, sp, #4\n\t"
        "pop {r4-r11, pc}");
}
/* clang-format on */

#else

/* Computes channels [0, oc_end) of a pixel; gives what is behind their records. */
TE_NOINLINE static const int32_t *te_taps_quads(const te_taps_block *block)
{
    const int32_t taps = (int32_t)(block->end - block->begin);
    const int32_t *record = block->record;
    for (int32_t oc = 0; oc < block->oc_end; oc += 4) {
        const int8_t *weight = (const int8_t *)(record + 4);
        const int32_t *const multiplier = record + 4 + taps;
        const int8_t *const shift = (const int8_t *)(multiplier + 4);
        int32_t sums[4] = {record[0], record[1], record[2], record[3]};
        for (const int8_t *const *tap = block->begin; tap < block->end; tap++) {
            const int8_t *const x = *tap + oc;
            sums[0] += x[0] * weight[0];
            sums[1] += x[1] * weight[1];
            sums[2] += x[2] * weight[2];
            sums[3] += x[3] * weight[3];
            weight += 4;
        }
        for (int32_t i = 0; i < 4; i++) {
            block->out[oc + i] = te_taps_output(sums[i], multiplier[i], shift[i], block->halves);
        }
        record += 9 + taps;
    }
    return record;
}

#endif

#endif
