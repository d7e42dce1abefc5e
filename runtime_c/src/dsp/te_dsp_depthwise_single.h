/* The last pass of depthwise kernels: a single row, and from sums to outputs; and portable twins.
 *
 * A single line holds a word per two columns of a row of the padded input. Lanes have their lines
 * one behind the other, `stride * sums + taps - 1` columns each, where `sums` is `outputs` made even.
 *
 * te_depthwise_single_K_S, for all lanes: the sum over kw of column i * S + kw times its weight is
 * added to sums[i]; output i is that * multiplier / 2^32 + offset, rounded down, `bits` up, clamped
 * to int8.
 *
 * The weights of a lane are the pairs (0, 1), (2, 3), ... and then, for stride 1, (1, 2), (3, 4),
 * ..., for stride 2 the last one and 0; behind them stand multiplier, offset and bits.
 *
 * Registers: r0-r3 sums; from r4 weights; two words of x; r11 x, r12 sums, lr how many are left,
 * which seven weights push into the frame; the rest is in te_single_frame.
 */
#ifndef TE_DSP_DEPTHWISE_SINGLE_H
#define TE_DSP_DEPTHWISE_SINGLE_H

#include "te_dsp_depthwise_pairs.h"

/* One single line. Assembly reads the members by their places. */
typedef struct {
    int32_t outputs;
    const int32_t *weight;     /* of the first lane */
    int32_t record_bytes;      /* from one lane's weights to the next's */
    const int32_t *weight_end; /* behind the last lane */
    int8_t *out;
    int32_t channel_step; /* bytes from one lane's outputs to the next's */
    int32_t pixel_step;   /* bytes from one output to the next */
    const int32_t *x;
    const int32_t *sums;
} te_depthwise_single;

#if TE_HAS_DSP

/* What does not fit into registers. From `outputs` on, it is pushed as the pass has it. */
typedef struct {
    int32_t multiplier; /* loaded with the next one; so are weight and lane_out */
    int32_t offset;
    int8_t *out; /* and with the next */
    int32_t pixel_step;
    int32_t left; /* outputs, where weights take the register */
    int32_t outputs;
    const int32_t *weight; /* of the lane */
    int32_t record_bytes;
    const int32_t *weight_end;
    int8_t *lane_out;
    int32_t channel_step;
    int32_t bits;
} te_single_frame;

#define TE_SINGLE_FRAME_MULTIPLIER 0
#define TE_SINGLE_FRAME_OUT 8
#define TE_SINGLE_FRAME_PIXEL_STEP 12
#define TE_SINGLE_FRAME_LEFT 16
#define TE_SINGLE_FRAME_OUTPUTS 20
#define TE_SINGLE_FRAME_WEIGHT 24
#define TE_SINGLE_FRAME_WEIGHT_END 32
#define TE_SINGLE_FRAME_LANE_OUT 36
#define TE_SINGLE_FRAME_BITS 44
#define TE_SINGLE_FRAME_NBYTES 48
#define TE_SINGLE_AT(name) "[sp, #" TE_TEXT(TE_SINGLE_FRAME_##name) "]"

TE_HOLD(te_single_frame, multiplier, TE_SINGLE_FRAME_MULTIPLIER);
TE_HOLD(te_single_frame, offset, TE_SINGLE_FRAME_MULTIPLIER + 4);
TE_HOLD(te_single_frame, out, TE_SINGLE_FRAME_OUT);
TE_HOLD(te_single_frame, pixel_step, TE_SINGLE_FRAME_PIXEL_STEP);
TE_HOLD(te_single_frame, left, TE_SINGLE_FRAME_LEFT);
TE_HOLD(te_single_frame, outputs, TE_SINGLE_FRAME_OUTPUTS);
TE_HOLD(te_single_frame, weight, TE_SINGLE_FRAME_WEIGHT);
TE_HOLD(te_single_frame, record_bytes, TE_SINGLE_FRAME_WEIGHT + 4);
TE_HOLD(te_single_frame, weight_end, TE_SINGLE_FRAME_WEIGHT_END);
TE_HOLD(te_single_frame, lane_out, TE_SINGLE_FRAME_LANE_OUT);
TE_HOLD(te_single_frame, channel_step, TE_SINGLE_FRAME_LANE_OUT + 4);
TE_HOLD(te_single_frame, bits, TE_SINGLE_FRAME_BITS);
_Static_assert(sizeof(te_single_frame) == TE_SINGLE_FRAME_NBYTES, "assembly takes the frame off");
TE_HOLD(te_depthwise_single, weight, TE_SINGLE_FRAME_WEIGHT - TE_SINGLE_FRAME_OUTPUTS);
TE_HOLD(te_depthwise_single, weight_end, TE_SINGLE_FRAME_WEIGHT_END - TE_SINGLE_FRAME_OUTPUTS);
TE_HOLD(te_depthwise_single, out, TE_SINGLE_FRAME_LANE_OUT - TE_SINGLE_FRAME_OUTPUTS);
TE_HOLD(te_depthwise_single, sums, 32);

/* clang-format off */
/* From scaled sums to outputs: ten bits up, or as many as the frame says. */
#define TE_DEPTHWISE_TEN_4(spare)                                                                  \
    "ssat r0, #8, r0, asr #10\n\t"                                                                 \
    "ssat r1, #8, r1, asr #10\n\t"                                                                 \
    "ssat r2, #8, r2, asr #10\n\t"                                                                 \
    "ssat r3, #8, r3, asr #10\n\t"

#define TE_DEPTHWISE_TEN_2(spare)                                                                  \
    "ssat r0, #8, r0, asr #10\n\t"                                                                 \
    "ssat r1, #8, r1, asr #10\n\t"

#define TE_DEPTHWISE_ANY_4(spare)                                                                  \
    "ldr " spare ", " TE_SINGLE_AT(BITS) "\n\t"                                                    \
    "asr r0, r0, " spare "\n\t"                                                                    \
    "asr r1, r1, " spare "\n\t"                                                                    \
    "asr r2, r2, " spare "\n\t"                                                                    \
    "asr r3, r3, " spare "\n\t"                                                                    \
    "ssat r0, #8, r0\n\t"                                                                          \
    "ssat r1, #8, r1\n\t"                                                                          \
    "ssat r2, #8, r2\n\t"                                                                          \
    "ssat r3, #8, r3\n\t"

#define TE_DEPTHWISE_ANY_2(spare)                                                                  \
    "ldr " spare ", " TE_SINGLE_AT(BITS) "\n\t"                                                    \
    "asr r0, r0, " spare "\n\t"                                                                    \
    "asr r1, r1, " spare "\n\t"                                                                    \
    "ssat r0, #8, r0\n\t"                                                                          \
    "ssat r1, #8, r1\n\t"

/* Loops over a lane with `left` in lr, or in the frame. */
#define TE_DEPTHWISE_LEFT_LR(four, two)                                                            \
    "subs lr, lr, #4\n\t"                                                                          \
    "blt 2f\n\t"                                                                                   \
    "1:\n\t" four "subs lr, lr, #4\n\t"                                                            \
    "bge.w 1b\n\t"                                                                                 \
    "2: adds lr, lr, #4\n\t"                                                                       \
    "beq 3f\n\t"                                                                                   \
    "4:\n\t" two "bgt 4b\n\t"                                                                      \
    "3:\n\t"

#define TE_DEPTHWISE_LEFT_FRAME(four, two)                                                         \
    "subs lr, lr, #4\n\t"                                                                          \
    "str lr, " TE_SINGLE_AT(LEFT) "\n\t"                                                           \
    "blt 2f\n\t"                                                                                   \
    "1:\n\t" four "ldr r10, " TE_SINGLE_AT(LEFT) "\n\t"                                            \
    "subs r10, r10, #4\n\t"                                                                        \
    "str r10, " TE_SINGLE_AT(LEFT) "\n\t"                                                          \
    "bge.w 1b\n\t"                                                                                 \
    "2: ldr r10, " TE_SINGLE_AT(LEFT) "\n\t"                                                       \
    "adds r10, r10, #4\n\t"                                                                        \
    "str r10, " TE_SINGLE_AT(LEFT) "\n\t"                                                          \
    "beq 3f\n\t"                                                                                   \
    "4:\n\t" two "bgt 4b\n\t"                                                                      \
    "3:\n\t"

/* `weights` are the registers, `factors` is the place behind them, `over` the bytes between lines. */
#define TE_DEPTHWISE_SINGLE(weights, factors, bits, over, loop, four, two)                         \
    "push {r4-r11, lr}\n\t"                                                                        \
    "ldm r0, {r0-r8}\n\t"                                                                          \
    "push {r0-r6}\n\t"                                                                             \
    "sub sp, sp, #" TE_TEXT(TE_SINGLE_FRAME_OUTPUTS) "\n\t"                                        \
    "str r6, " TE_SINGLE_AT(PIXEL_STEP) "\n\t"                                                     \
    "mov r11, r7\n\t"                                                                              \
    "mov r12, r8\n\t"                                                                              \
    "10: ldrd r0, r1, " TE_SINGLE_AT(WEIGHT) "\n\t"                                                \
    "add r1, r0, r1\n\t"                                                                           \
    "str r1, " TE_SINGLE_AT(WEIGHT) "\n\t"                                                         \
    "ldrd r2, r3, [r0, " factors "]\n\t"                                                           \
    "strd r2, r3, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                                \
    "ldr r3, [r0, " bits "]\n\t"                                                                   \
    "ldm r0, " weights "\n\t"                                                                      \
    "ldrd r0, r1, " TE_SINGLE_AT(LANE_OUT) "\n\t"                                                  \
    "str r0, " TE_SINGLE_AT(OUT) "\n\t"                                                            \
    "add r0, r0, r1\n\t"                                                                           \
    "str r0, " TE_SINGLE_AT(LANE_OUT) "\n\t"                                                       \
    "ldr lr, " TE_SINGLE_AT(OUTPUTS) "\n\t"                                                        \
    "cmp r3, #10\n\t"                                                                              \
    "bne.w 20f\n\t"                                                                                \
    loop(four(TE_DEPTHWISE_TEN_4), two(TE_DEPTHWISE_TEN_2))                                        \
    "30:\n\t"                                                                                      \
    "add r11, r11, " over "\n\t"                                                                   \
    "ldr r0, " TE_SINGLE_AT(WEIGHT) "\n\t"                                                         \
    "ldr r1, " TE_SINGLE_AT(WEIGHT_END) "\n\t"                                                     \
    "cmp r0, r1\n\t"                                                                               \
    "bne.w 10b\n\t"                                                                                \
    "add sp, sp, #" TE_TEXT(TE_SINGLE_FRAME_NBYTES) "\n\t"                                         \
    "pop {r4-r11, pc}\n\t"                                                                         \
    "20: str r3, " TE_SINGLE_AT(BITS) "\n\t"                                                       \
    loop(four(TE_DEPTHWISE_ANY_4), two(TE_DEPTHWISE_ANY_2))                                        \
    "b.w 30b\n\t"

#define TE_DEPTHWISE_SINGLE_3_1_4(round_4)                                                         \
    "ldrd r8, r9, [r11], #8\n\t"                                                                   \
    "ldm r12!, {r0-r3}\n\t"                                                                        \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlatb r1, r8, r4, r1\n\t"                                                                    \
    "smlabt r0, r9, r5, r0\n\t"                                                                    \
    "smlad r1, r9, r5, r1\n\t"                                                                     \
    "smlad r2, r9, r4, r2\n\t"                                                                     \
    "smlatb r3, r9, r4, r3\n\t"                                                                    \
    "ldr r8, [r11, #0]\n\t"                                                                        \
    "smlabt r2, r8, r5, r2\n\t"                                                                    \
    "smlad r3, r8, r5, r3\n\t"                                                                     \
    "ldrd r8, r9, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                                \
    "smmla r0, r0, r8, r9\n\t"                                                                     \
    "smmla r1, r1, r8, r9\n\t"                                                                     \
    "smmla r2, r2, r8, r9\n\t"                                                                     \
    "smmla r3, r3, r8, r9\n\t" round_4("r8") "ldrd r8, r9, " TE_SINGLE_AT(OUT) "\n\t"              \
    "strb r0, [r8]\n\t"                                                                            \
    "strb r1, [r8, r9]\n\t"                                                                        \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "strb r2, [r8]\n\t"                                                                            \
    "strb r3, [r8, r9]\n\t"                                                                        \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "str r8, " TE_SINGLE_AT(OUT) "\n\t"

#define TE_DEPTHWISE_SINGLE_3_1_2(round_2)                                                         \
    "ldrd r8, r9, [r11], #4\n\t"                                                                   \
    "ldrd r0, r1, [r12], #8\n\t"                                                                   \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlatb r1, r8, r4, r1\n\t"                                                                    \
    "smlabt r0, r9, r5, r0\n\t"                                                                    \
    "smlad r1, r9, r5, r1\n\t"                                                                     \
    "ldrd r8, r9, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                                \
    "smmla r0, r0, r8, r9\n\t"                                                                     \
    "smmla r1, r1, r8, r9\n\t" round_2("r8") "ldrd r8, r9, " TE_SINGLE_AT(OUT) "\n\t"              \
    "strb r0, [r8]\n\t"                                                                            \
    "subs lr, lr, #2\n\t"                                                                          \
    "it ge\n\t"                                                                                    \
    "strbge r1, [r8, r9]\n\t"                                                                      \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "str r8, " TE_SINGLE_AT(OUT) "\n\t"

#define TE_DEPTHWISE_SINGLE_3_2_4(round_4)                                                         \
    "ldrd r8, r9, [r11], #16\n\t"                                                                  \
    "ldm r12!, {r0-r3}\n\t"                                                                        \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlabb r0, r9, r5, r0\n\t"                                                                    \
    "ldrd r8, r9, [r11, #-8]\n\t"                                                                  \
    "smlabb r1, r8, r5, r1\n\t"                                                                    \
    "smlad r2, r8, r4, r2\n\t"                                                                     \
    "smlad r3, r9, r4, r3\n\t"                                                                     \
    "smlabb r2, r9, r5, r2\n\t"                                                                    \
    "ldr r8, [r11, #0]\n\t"                                                                        \
    "smlabb r3, r8, r5, r3\n\t"                                                                    \
    "ldrd r8, r9, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                                \
    "smmla r0, r0, r8, r9\n\t"                                                                     \
    "smmla r1, r1, r8, r9\n\t"                                                                     \
    "smmla r2, r2, r8, r9\n\t"                                                                     \
    "smmla r3, r3, r8, r9\n\t" round_4("r8") "ldrd r8, r9, " TE_SINGLE_AT(OUT) "\n\t"              \
    "strb r0, [r8]\n\t"                                                                            \
    "strb r1, [r8, r9]\n\t"                                                                        \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "strb r2, [r8]\n\t"                                                                            \
    "strb r3, [r8, r9]\n\t"                                                                        \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "str r8, " TE_SINGLE_AT(OUT) "\n\t"

#define TE_DEPTHWISE_SINGLE_3_2_2(round_2)                                                         \
    "ldrd r8, r9, [r11], #8\n\t"                                                                   \
    "ldrd r0, r1, [r12], #8\n\t"                                                                   \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlabb r0, r9, r5, r0\n\t"                                                                    \
    "ldr r8, [r11, #0]\n\t"                                                                        \
    "smlabb r1, r8, r5, r1\n\t"                                                                    \
    "ldrd r8, r9, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                                \
    "smmla r0, r0, r8, r9\n\t"                                                                     \
    "smmla r1, r1, r8, r9\n\t" round_2("r8") "ldrd r8, r9, " TE_SINGLE_AT(OUT) "\n\t"              \
    "strb r0, [r8]\n\t"                                                                            \
    "subs lr, lr, #2\n\t"                                                                          \
    "it ge\n\t"                                                                                    \
    "strbge r1, [r8, r9]\n\t"                                                                      \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "str r8, " TE_SINGLE_AT(OUT) "\n\t"

#define TE_DEPTHWISE_SINGLE_5_1_4(round_4)                                                         \
    "ldrd r8, r9, [r11], #8\n\t"                                                                   \
    "ldm r12!, {r0-r3}\n\t"                                                                        \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlatb r1, r8, r4, r1\n\t"                                                                    \
    "smlad r0, r9, r5, r0\n\t"                                                                     \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    "smlad r2, r9, r4, r2\n\t"                                                                     \
    "smlatb r3, r9, r4, r3\n\t"                                                                    \
    "ldrd r8, r9, [r11, #0]\n\t"                                                                   \
    "smlabt r0, r8, r7, r0\n\t"                                                                    \
    "smlad r1, r8, r7, r1\n\t"                                                                     \
    "smlad r2, r8, r5, r2\n\t"                                                                     \
    "smlad r3, r8, r6, r3\n\t"                                                                     \
    "smlabt r2, r9, r7, r2\n\t"                                                                    \
    "smlad r3, r9, r7, r3\n\t"                                                                     \
    "ldrd r8, r9, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                                \
    "smmla r0, r0, r8, r9\n\t"                                                                     \
    "smmla r1, r1, r8, r9\n\t"                                                                     \
    "smmla r2, r2, r8, r9\n\t"                                                                     \
    "smmla r3, r3, r8, r9\n\t" round_4("r8") "ldrd r8, r9, " TE_SINGLE_AT(OUT) "\n\t"              \
    "strb r0, [r8]\n\t"                                                                            \
    "strb r1, [r8, r9]\n\t"                                                                        \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "strb r2, [r8]\n\t"                                                                            \
    "strb r3, [r8, r9]\n\t"                                                                        \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "str r8, " TE_SINGLE_AT(OUT) "\n\t"

#define TE_DEPTHWISE_SINGLE_5_1_2(round_2)                                                         \
    "ldrd r8, r9, [r11], #4\n\t"                                                                   \
    "ldrd r0, r1, [r12], #8\n\t"                                                                   \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlatb r1, r8, r4, r1\n\t"                                                                    \
    "smlad r0, r9, r5, r0\n\t"                                                                     \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    "ldr r8, [r11, #4]\n\t"                                                                        \
    "smlabt r0, r8, r7, r0\n\t"                                                                    \
    "smlad r1, r8, r7, r1\n\t"                                                                     \
    "ldrd r8, r9, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                                \
    "smmla r0, r0, r8, r9\n\t"                                                                     \
    "smmla r1, r1, r8, r9\n\t" round_2("r8") "ldrd r8, r9, " TE_SINGLE_AT(OUT) "\n\t"              \
    "strb r0, [r8]\n\t"                                                                            \
    "subs lr, lr, #2\n\t"                                                                          \
    "it ge\n\t"                                                                                    \
    "strbge r1, [r8, r9]\n\t"                                                                      \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "str r8, " TE_SINGLE_AT(OUT) "\n\t"

#define TE_DEPTHWISE_SINGLE_5_2_4(round_4)                                                         \
    "ldrd r8, r9, [r11], #16\n\t"                                                                  \
    "ldm r12!, {r0-r3}\n\t"                                                                        \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlad r0, r9, r5, r0\n\t"                                                                     \
    "ldrd r8, r9, [r11, #-8]\n\t"                                                                  \
    "smlabb r0, r8, r6, r0\n\t"                                                                    \
    "smlad r1, r8, r5, r1\n\t"                                                                     \
    "smlad r2, r8, r4, r2\n\t"                                                                     \
    "smlabb r1, r9, r6, r1\n\t"                                                                    \
    "smlad r2, r9, r5, r2\n\t"                                                                     \
    "smlad r3, r9, r4, r3\n\t"                                                                     \
    "ldrd r8, r9, [r11, #0]\n\t"                                                                   \
    "smlabb r2, r8, r6, r2\n\t"                                                                    \
    "smlad r3, r8, r5, r3\n\t"                                                                     \
    "smlabb r3, r9, r6, r3\n\t"                                                                    \
    "ldrd r8, r9, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                                \
    "smmla r0, r0, r8, r9\n\t"                                                                     \
    "smmla r1, r1, r8, r9\n\t"                                                                     \
    "smmla r2, r2, r8, r9\n\t"                                                                     \
    "smmla r3, r3, r8, r9\n\t" round_4("r8") "ldrd r8, r9, " TE_SINGLE_AT(OUT) "\n\t"              \
    "strb r0, [r8]\n\t"                                                                            \
    "strb r1, [r8, r9]\n\t"                                                                        \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "strb r2, [r8]\n\t"                                                                            \
    "strb r3, [r8, r9]\n\t"                                                                        \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "str r8, " TE_SINGLE_AT(OUT) "\n\t"

#define TE_DEPTHWISE_SINGLE_5_2_2(round_2)                                                         \
    "ldrd r8, r9, [r11], #8\n\t"                                                                   \
    "ldrd r0, r1, [r12], #8\n\t"                                                                   \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlad r0, r9, r5, r0\n\t"                                                                     \
    "ldrd r8, r9, [r11, #0]\n\t"                                                                   \
    "smlabb r0, r8, r6, r0\n\t"                                                                    \
    "smlad r1, r8, r5, r1\n\t"                                                                     \
    "smlabb r1, r9, r6, r1\n\t"                                                                    \
    "ldrd r8, r9, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                                \
    "smmla r0, r0, r8, r9\n\t"                                                                     \
    "smmla r1, r1, r8, r9\n\t" round_2("r8") "ldrd r8, r9, " TE_SINGLE_AT(OUT) "\n\t"              \
    "strb r0, [r8]\n\t"                                                                            \
    "subs lr, lr, #2\n\t"                                                                          \
    "it ge\n\t"                                                                                    \
    "strbge r1, [r8, r9]\n\t"                                                                      \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "str r8, " TE_SINGLE_AT(OUT) "\n\t"

#define TE_DEPTHWISE_SINGLE_7_1_4(round_4)                                                         \
    "ldrd r10, lr, [r11], #8\n\t"                                                                  \
    "ldm r12!, {r0-r3}\n\t"                                                                        \
    "smlad r0, r10, r4, r0\n\t"                                                                    \
    "smlatb r1, r10, r4, r1\n\t"                                                                   \
    "smlad r0, lr, r5, r0\n\t"                                                                     \
    "smlad r1, lr, r7, r1\n\t"                                                                     \
    "smlad r2, lr, r4, r2\n\t"                                                                     \
    "smlatb r3, lr, r4, r3\n\t"                                                                    \
    "ldrd r10, lr, [r11, #0]\n\t"                                                                  \
    "smlad r0, r10, r6, r0\n\t"                                                                    \
    "smlad r1, r10, r8, r1\n\t"                                                                    \
    "smlabt r0, lr, r9, r0\n\t"                                                                    \
    "smlad r1, lr, r9, r1\n\t"                                                                     \
    "smlad r2, r10, r5, r2\n\t"                                                                    \
    "smlad r3, r10, r7, r3\n\t"                                                                    \
    "smlad r2, lr, r6, r2\n\t"                                                                     \
    "smlad r3, lr, r8, r3\n\t"                                                                     \
    "ldr r10, [r11, #8]\n\t"                                                                       \
    "smlabt r2, r10, r9, r2\n\t"                                                                   \
    "smlad r3, r10, r9, r3\n\t"                                                                    \
    "ldrd r10, lr, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                               \
    "smmla r0, r0, r10, lr\n\t"                                                                    \
    "smmla r1, r1, r10, lr\n\t"                                                                    \
    "smmla r2, r2, r10, lr\n\t"                                                                    \
    "smmla r3, r3, r10, lr\n\t" round_4("r10") "ldrd r10, lr, " TE_SINGLE_AT(OUT) "\n\t"           \
    "strb r0, [r10]\n\t"                                                                           \
    "strb r1, [r10, lr]\n\t"                                                                       \
    "add r10, r10, lr, lsl #1\n\t"                                                                 \
    "strb r2, [r10]\n\t"                                                                           \
    "strb r3, [r10, lr]\n\t"                                                                       \
    "add r10, r10, lr, lsl #1\n\t"                                                                 \
    "str r10, " TE_SINGLE_AT(OUT) "\n\t"

#define TE_DEPTHWISE_SINGLE_7_1_2(round_2)                                                         \
    "ldrd r10, lr, [r11], #4\n\t"                                                                  \
    "ldrd r0, r1, [r12], #8\n\t"                                                                   \
    "smlad r0, r10, r4, r0\n\t"                                                                    \
    "smlatb r1, r10, r4, r1\n\t"                                                                   \
    "smlad r0, lr, r5, r0\n\t"                                                                     \
    "smlad r1, lr, r7, r1\n\t"                                                                     \
    "ldrd r10, lr, [r11, #4]\n\t"                                                                  \
    "smlad r0, r10, r6, r0\n\t"                                                                    \
    "smlad r1, r10, r8, r1\n\t"                                                                    \
    "smlabt r0, lr, r9, r0\n\t"                                                                    \
    "smlad r1, lr, r9, r1\n\t"                                                                     \
    "ldrd r10, lr, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                               \
    "smmla r0, r0, r10, lr\n\t"                                                                    \
    "smmla r1, r1, r10, lr\n\t" round_2("r10") "ldrd r10, lr, " TE_SINGLE_AT(OUT) "\n\t"           \
    "strb r0, [r10]\n\t"                                                                           \
    "ldr r0, " TE_SINGLE_AT(LEFT) "\n\t"                                                           \
    "subs r0, r0, #2\n\t"                                                                          \
    "str r0, " TE_SINGLE_AT(LEFT) "\n\t"                                                           \
    "it ge\n\t"                                                                                    \
    "strbge r1, [r10, lr]\n\t"                                                                     \
    "add r10, r10, lr, lsl #1\n\t"                                                                 \
    "str r10, " TE_SINGLE_AT(OUT) "\n\t"

#define TE_DEPTHWISE_SINGLE_7_2_4(round_4)                                                         \
    "ldrd r8, r9, [r11], #16\n\t"                                                                  \
    "ldm r12!, {r0-r3}\n\t"                                                                        \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlad r0, r9, r5, r0\n\t"                                                                     \
    "ldrd r8, r9, [r11, #-8]\n\t"                                                                  \
    "smlad r0, r8, r6, r0\n\t"                                                                     \
    "smlad r1, r8, r5, r1\n\t"                                                                     \
    "smlabb r0, r9, r7, r0\n\t"                                                                    \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    "smlad r2, r8, r4, r2\n\t"                                                                     \
    "smlad r3, r9, r4, r3\n\t"                                                                     \
    "smlad r2, r9, r5, r2\n\t"                                                                     \
    "ldrd r8, r9, [r11, #0]\n\t"                                                                   \
    "smlabb r1, r8, r7, r1\n\t"                                                                    \
    "smlad r2, r8, r6, r2\n\t"                                                                     \
    "smlad r3, r8, r5, r3\n\t"                                                                     \
    "smlabb r2, r9, r7, r2\n\t"                                                                    \
    "smlad r3, r9, r6, r3\n\t"                                                                     \
    "ldr r8, [r11, #8]\n\t"                                                                        \
    "smlabb r3, r8, r7, r3\n\t"                                                                    \
    "ldrd r8, r9, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                                \
    "smmla r0, r0, r8, r9\n\t"                                                                     \
    "smmla r1, r1, r8, r9\n\t"                                                                     \
    "smmla r2, r2, r8, r9\n\t"                                                                     \
    "smmla r3, r3, r8, r9\n\t" round_4("r8") "ldrd r8, r9, " TE_SINGLE_AT(OUT) "\n\t"              \
    "strb r0, [r8]\n\t"                                                                            \
    "strb r1, [r8, r9]\n\t"                                                                        \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "strb r2, [r8]\n\t"                                                                            \
    "strb r3, [r8, r9]\n\t"                                                                        \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "str r8, " TE_SINGLE_AT(OUT) "\n\t"

#define TE_DEPTHWISE_SINGLE_7_2_2(round_2)                                                         \
    "ldrd r8, r9, [r11], #8\n\t"                                                                   \
    "ldrd r0, r1, [r12], #8\n\t"                                                                   \
    "smlad r0, r8, r4, r0\n\t"                                                                     \
    "smlad r1, r9, r4, r1\n\t"                                                                     \
    "smlad r0, r9, r5, r0\n\t"                                                                     \
    "ldrd r8, r9, [r11, #0]\n\t"                                                                   \
    "smlad r0, r8, r6, r0\n\t"                                                                     \
    "smlad r1, r8, r5, r1\n\t"                                                                     \
    "smlabb r0, r9, r7, r0\n\t"                                                                    \
    "smlad r1, r9, r6, r1\n\t"                                                                     \
    "ldr r8, [r11, #8]\n\t"                                                                        \
    "smlabb r1, r8, r7, r1\n\t"                                                                    \
    "ldrd r8, r9, " TE_SINGLE_AT(MULTIPLIER) "\n\t"                                                \
    "smmla r0, r0, r8, r9\n\t"                                                                     \
    "smmla r1, r1, r8, r9\n\t" round_2("r8") "ldrd r8, r9, " TE_SINGLE_AT(OUT) "\n\t"              \
    "strb r0, [r8]\n\t"                                                                            \
    "subs lr, lr, #2\n\t"                                                                          \
    "it ge\n\t"                                                                                    \
    "strbge r1, [r8, r9]\n\t"                                                                      \
    "add r8, r8, r9, lsl #1\n\t"                                                                   \
    "str r8, " TE_SINGLE_AT(OUT) "\n\t"

TE_NAKED static void te_depthwise_single_3_1(const te_depthwise_single *pass
                                             __attribute__((unused)))
{
    __asm__ volatile(TE_DEPTHWISE_SINGLE("{r4-r5}", "#8", "#16", "#4", TE_DEPTHWISE_LEFT_LR,
                                         TE_DEPTHWISE_SINGLE_3_1_4, TE_DEPTHWISE_SINGLE_3_1_2));
}

TE_NAKED static void te_depthwise_single_3_2(const te_depthwise_single *pass
                                             __attribute__((unused)))
{
    __asm__ volatile(TE_DEPTHWISE_SINGLE("{r4-r5}", "#8", "#16", "#4", TE_DEPTHWISE_LEFT_LR,
                                         TE_DEPTHWISE_SINGLE_3_2_4, TE_DEPTHWISE_SINGLE_3_2_2));
}

TE_NAKED static void te_depthwise_single_5_1(const te_depthwise_single *pass
                                             __attribute__((unused)))
{
    __asm__ volatile(TE_DEPTHWISE_SINGLE("{r4-r7}", "#16", "#24", "#8", TE_DEPTHWISE_LEFT_LR,
                                         TE_DEPTHWISE_SINGLE_5_1_4, TE_DEPTHWISE_SINGLE_5_1_2));
}

TE_NAKED static void te_depthwise_single_5_2(const te_depthwise_single *pass
                                             __attribute__((unused)))
{
    __asm__ volatile(TE_DEPTHWISE_SINGLE("{r4-r6}", "#12", "#20", "#8", TE_DEPTHWISE_LEFT_LR,
                                         TE_DEPTHWISE_SINGLE_5_2_4, TE_DEPTHWISE_SINGLE_5_2_2));
}

TE_NAKED static void te_depthwise_single_7_1(const te_depthwise_single *pass
                                             __attribute__((unused)))
{
    __asm__ volatile(TE_DEPTHWISE_SINGLE("{r4-r9}", "#24", "#32", "#12", TE_DEPTHWISE_LEFT_FRAME,
                                         TE_DEPTHWISE_SINGLE_7_1_4, TE_DEPTHWISE_SINGLE_7_1_2));
}

TE_NAKED static void te_depthwise_single_7_2(const te_depthwise_single *pass
                                             __attribute__((unused)))
{
    __asm__ volatile(TE_DEPTHWISE_SINGLE("{r4-r7}", "#16", "#24", "#12", TE_DEPTHWISE_LEFT_LR,
                                         TE_DEPTHWISE_SINGLE_7_2_4, TE_DEPTHWISE_SINGLE_7_2_2));
}
/* clang-format on */

#else

static inline int32_t te_depthwise_column(const int32_t *line, int32_t column)
{
    return column & 1 ? te_high(line[column / 2]) : te_low(line[column / 2]);
}

static inline void te_depthwise_single_of(const te_depthwise_single *pass, int32_t taps,
                                          int32_t stride)
{
    const int32_t words = stride == 1 ? taps - 1 : taps / 2 + 1;
    const int32_t *x = pass->x;
    const int32_t *sums = pass->sums;
    int8_t *to = pass->out;
    const int32_t *weight = pass->weight;
    for (; weight != pass->weight_end; weight += pass->record_bytes / 4) {
        const int32_t last = weight[words - 1];
        for (int32_t i = 0; i < pass->outputs; i++) {
            int32_t sum = sums[i];
            for (int32_t kw = 0; kw < taps - 1; kw++) {
                sum += te_depthwise_column(weight, kw) * te_depthwise_column(x, i * stride + kw);
            }
            sum += (stride == 1 ? te_high(last) : te_low(last)) *
                   te_depthwise_column(x, i * stride + taps - 1);
            const int32_t scaled = te_multiply_high(sum, weight[words], weight[words + 1]);
            to[i * pass->pixel_step] = (int8_t)te_saturate8(scaled >> weight[words + 2]);
        }
        const int32_t even = (pass->outputs + 1) / 2 * 2;
        x += (even * stride + taps - 1) / 2;
        sums += even;
        to += pass->channel_step;
    }
}

static inline void te_depthwise_single_3_1(const te_depthwise_single *pass)
{
    te_depthwise_single_of(pass, 3, 1);
}

static inline void te_depthwise_single_3_2(const te_depthwise_single *pass)
{
    te_depthwise_single_of(pass, 3, 2);
}

static inline void te_depthwise_single_5_1(const te_depthwise_single *pass)
{
    te_depthwise_single_of(pass, 5, 1);
}

static inline void te_depthwise_single_5_2(const te_depthwise_single *pass)
{
    te_depthwise_single_of(pass, 5, 2);
}

static inline void te_depthwise_single_7_1(const te_depthwise_single *pass)
{
    te_depthwise_single_of(pass, 7, 1);
}

static inline void te_depthwise_single_7_2(const te_depthwise_single *pass)
{
    te_depthwise_single_of(pass, 7, 2);
}

#endif

#endif
