/* Dot products of one row with the weights of four outputs at a time.
 *
 * Rows are expanded to pairs, a multiple of four; records of four outputs follow each other. Those of
 * int16 weights are: the biases of a, b, c and d; for every pair of the row a pair of weights of
 * each; the rounding; multiplier and offset of each. Those of int8 weights, whose words are of a and
 * b or of c and d as te_dsp_conv_w8.h says, are: the scaled biases of b and d; for every four pairs of
 * the row four words of a and b and four of c and d; the scaled bias of a and the multipliers of a
 * and b; the same of c and d. The output is the saturation of
 *     (offset + (sum * multiplier >> 32)) >> 10 or 13, of int8 weights >> 8 or 12
 * for TE_CONV_UP_LESS or MORE.
 *
 * Registers: r0 walks over the weights and lr over x; four words of x in r5 to r8, of weights in r1
 * to r4; sums of a, b, c, d in r9 to r12. The rest is in te_product_frame.
 *
 * Instructions for 32 MACs: 21 with int16 weights, 33 with int8 weights, whose loop cores that issue
 * two instructions at a time have in a header of their own.
 */
#ifndef TE_DSP_PRODUCT_H
#define TE_DSP_PRODUCT_H

#include "te_dsp_conv.h"

/* A row as the dot products see it. Assembly reads the members by their places. */
typedef struct {
    const int32_t *weight;
    int8_t *out;
    const int32_t *x; /* pairs, a multiple of 4 */
    const int32_t *x_end;
    const int32_t *weight_end; /* behind the last record */
    int32_t rounding;          /* of int8 weights, as the offset; int16 weights have it by record */
    int32_t offset;
} te_product_row;

#if TE_HAS_DSP

/* Stores what becomes of a sum: int8, unless the file that includes this has it otherwise. */
#ifndef TE_PRODUCT_STORE
#define TE_PRODUCT_STORE(sum) "strb " sum ", [r1], #1\n\t"
#endif

/* What r2 to r12 are pushed as. */
typedef struct {
    int8_t *out;
    const int32_t *x;
    const int32_t *x_end;
    const int32_t *weight_end;
    uint32_t enter; /* the loop */
    int32_t rounding;
    int32_t offset;
    uint32_t unused[2];
    uint32_t saturate[2]; /* for TE_CONV_UP_LESS and UP_MORE */
} te_product_frame;

#define TE_PRODUCT_FRAME_OUT 0
#define TE_PRODUCT_FRAME_X 4
#define TE_PRODUCT_FRAME_X_END 8
#define TE_PRODUCT_FRAME_WEIGHT_END 12
#define TE_PRODUCT_FRAME_ENTER 16
#define TE_PRODUCT_FRAME_ROUNDING 20
#define TE_PRODUCT_FRAME_OFFSET 24
#define TE_PRODUCT_FRAME_NBYTES 44
#define TE_PRODUCT_AT(name) "[sp, #" TE_TEXT(TE_PRODUCT_FRAME_##name) "]"

TE_HOLD(te_product_frame, out, TE_PRODUCT_FRAME_OUT);
TE_HOLD(te_product_frame, x, TE_PRODUCT_FRAME_X);
TE_HOLD(te_product_frame, x_end, TE_PRODUCT_FRAME_X_END);
TE_HOLD(te_product_frame, weight_end, TE_PRODUCT_FRAME_WEIGHT_END);
TE_HOLD(te_product_frame, enter, TE_PRODUCT_FRAME_ENTER);
TE_HOLD(te_product_frame, rounding, TE_PRODUCT_FRAME_ROUNDING);
TE_HOLD(te_product_frame, offset, TE_PRODUCT_FRAME_OFFSET);
TE_HOLD(te_product_frame, saturate[0], TE_CONV_UP_LESS);
TE_HOLD(te_product_frame, saturate[1], TE_CONV_UP_MORE);
_Static_assert(sizeof(te_product_frame) == TE_PRODUCT_FRAME_NBYTES, "assembly takes the frame off");
TE_HOLD(te_product_row, out, 4);
TE_HOLD(te_product_row, weight_end, 16);
TE_HOLD(te_product_row, offset, 24);

/* clang-format off */
/* Stores r9 to r12; goes to 4 until the records end. */
#define TE_PRODUCT_STORE_AND_NEXT                                                                  \
    "8: ldr r1, " TE_PRODUCT_AT(OUT) "\n\t"                                                        \
    "ldr r2, " TE_PRODUCT_AT(WEIGHT_END) "\n\t"                                                    \
    TE_PRODUCT_STORE("r9")                                                                         \
    TE_PRODUCT_STORE("r10")                                                                        \
    TE_PRODUCT_STORE("r11")                                                                        \
    TE_PRODUCT_STORE("r12")                                                                        \
    "str r1, " TE_PRODUCT_AT(OUT) "\n\t"                                                           \
    "cmp r0, r2\n\t"                                                                               \
    "bne.w 4b\n\t"                                                                                 \
    "add sp, sp, #" TE_TEXT(TE_PRODUCT_FRAME_NBYTES) "\n\t"                                        \
    "pop {r4-r11, pc}\n\t"

/* The dot product: `start` loads what sums start from, `quad` multiplies four pairs of the row with
 * `bytes` bytes of code, `requantize` goes to its labels 6 and 7. The loop, of eight quads, is
 * entered so far before its end that none are left over.
 */
#define TE_PRODUCT_DOT(start, quad, bytes, requantize)                                             \
    "push {r4-r11, lr}\n\t"                                                                        \
    "ldm r0, {r1-r5, r7, r8}\n\t"                                                                  \
    "mov r0, r1\n\t"                                                                               \
    "sub r9, r4, r3\n\t"                                                                           \
    "ubfx r9, r9, #4, #3\n\t"                                                                      \
    "mov r10, #" bytes "\n\t"                                                                      \
    "adr.w r6, 2f + 1\n\t"                                                                         \
    "mls r6, r9, r10, r6\n\t"                                                                      \
    "adr.w r11, 6f + 1\n\t"                                                                        \
    "adr.w r12, 7f + 1\n\t"                                                                        \
    "push {r2-r12}\n\t"                                                                            \
    "4: " start                                                                                    \
    "ldr lr, " TE_PRODUCT_AT(X) "\n\t"                                                             \
    "ldr pc, " TE_PRODUCT_AT(ENTER) "\n\t"                                                         \
    ".balign 4\n\t"                                                                                \
    "1:\n\t"                                                                                       \
    ".rept 8\n\t"                                                                                  \
    "ldm.w lr!, {r5-r8}\n\t"                                                                       \
    quad                                                                                           \
    ".endr\n\t"                                                                                    \
    "2: ldr r1, " TE_PRODUCT_AT(X_END) "\n\t"                                                      \
    "cmp lr, r1\n\t"                                                                               \
    "bne.w 1b\n\t"                                                                                 \
    requantize                                                                                     \
    TE_PRODUCT_STORE_AND_NEXT

#define TE_PRODUCT_SATURATE(bits)                                                                  \
    "ssat r9, #8, r9, asr #" bits "\n\t"                                                           \
    "ssat r10, #8, r10, asr #" bits "\n\t"                                                         \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "ssat r12, #8, r12, asr #" bits "\n\t"

#define TE_PRODUCT_REQUANTIZE_W8                                                                   \
    "ldm r0!, {r1-r6}\n\t"                                                                         \
    "ldrd r8, r7, " TE_PRODUCT_AT(ROUNDING) "\n\t"                                                 \
    "sub r10, r10, r9\n\t"                                                                         \
    "add r9, r1, r9, lsl #8\n\t"                                                                   \
    "sub r12, r12, r11\n\t"                                                                        \
    "add r11, r4, r11, lsl #8\n\t"                                                                 \
    "smmla r9, r9, r2, r7\n\t"                                                                     \
    "smmla r10, r10, r3, r7\n\t"                                                                   \
    "smmla r11, r11, r5, r7\n\t"                                                                   \
    "smmla r12, r12, r6, r7\n\t"                                                                   \
    "ldr pc, [sp, r8]\n\t"                                                                         \
    "6: " TE_PRODUCT_SATURATE("8") "b 8f\n\t"                                                      \
    "7: " TE_PRODUCT_SATURATE("12")

/* A pair of the row, and the weights of four outputs. */
#define TE_PRODUCT_PAIR_W16(x)                                                                     \
    "ldm.w r0!, {r1-r4}\n\t"                                                                       \
    "smlad r9, " x ", r1, r9\n\t"                                                                  \
    "smlad r10, " x ", r2, r10\n\t"                                                                \
    "smlad r11, " x ", r3, r11\n\t"                                                                \
    "smlad r12, " x ", r4, r12\n\t"

#define TE_PRODUCT_REQUANTIZE_W16                                                                  \
    "ldr lr, [r0], #4\n\t"                                                                         \
    "ldm r0!, {r1-r8}\n\t"                                                                         \
    "smmla r9, r9, r1, r2\n\t"                                                                     \
    "smmla r10, r10, r3, r4\n\t"                                                                   \
    "smmla r11, r11, r5, r6\n\t"                                                                   \
    "smmla r12, r12, r7, r8\n\t"                                                                   \
    "ldr pc, [sp, lr]\n\t"                                                                         \
    "6: " TE_PRODUCT_SATURATE("10") "b 8f\n\t"                                                     \
    "7: " TE_PRODUCT_SATURATE("13")

#include "te_dsp_product_loops.h"

TE_NAKED static void te_product_dot_w16(const te_product_row *row __attribute__((unused)))
{
    __asm__(TE_PRODUCT_DOT("ldm r0!, {r9-r12}\n\t",
                           TE_PRODUCT_PAIR_W16("r5") TE_PRODUCT_PAIR_W16("r6")
                               TE_PRODUCT_PAIR_W16("r7") TE_PRODUCT_PAIR_W16("r8"),
                           "84", TE_PRODUCT_REQUANTIZE_W16));
}
/* clang-format on */

#else

/* Output of a scaled sum of int8 weights. */
static inline int8_t te_product_output_w8(const te_product_row *row, int32_t sum,
                                          int32_t multiplier)
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
            out[0] = te_product_output_w8(row, a, record[1]);
            out[1] = te_product_output_w8(row, b, record[2]);
            out += 2;
            record += 3;
        }
    }
}

/* Does what the assembly does. */
static inline void te_product_dot_w16(const te_product_row *row)
{
    int8_t *out = row->out;
    for (const int32_t *record = row->weight; record != row->weight_end;) {
        int32_t sums[4] = {record[0], record[1], record[2], record[3]};
        record += 4;
        for (const int32_t *x = row->x; x != row->x_end; x++) {
            for (int32_t output = 0; output < 4; output++) {
                sums[output] = te_smlad(*x, record[output], sums[output]);
            }
            record += 4;
        }
        const int32_t bits = *record++ == TE_CONV_UP_LESS ? 10 : 13;
        for (int32_t output = 0; output < 4; output++) {
            *out++ =
                (int8_t)te_saturate8(te_multiply_high(sums[output], record[0], record[1]) >> bits);
            record += 2;
        }
    }
}

#endif

#endif
