/* Dot products of convolutions whose weights are mostly 0, for 8 and 4 pixels.
 *
 * A word of x is a tap of two pixels, p + 2^23 * q. A weight times it, added up in 64 bits, gives the
 * sums of both at once: they are below 2^22, so that the lower one, plus 2^22, never leaves its 23
 * bits. With the weight of one tap of one channel in a register, that is one instruction for two MACs.
 *
 * The taps that are not 0 stand one behind the other, channel by channel: for each channel how far
 * its first tap is from the window's first, then for each tap its weight and how far the next one is,
 * up to 255; behind the last one that is 0. Where two are further apart, or their count would be odd,
 * there are taps between or behind them with a weight of 0.
 * The factors of a channel are the count of its taps, its scaled bias less 2^30, and its multiplier.
 * Scaled sums and outputs are those of te_dsp_conv_w8.h.
 *
 * The loops, which depend on how many instructions a core issues at a time, are in a header of
 * their own.
 */
#ifndef TE_DSP_SPARSE_H
#define TE_DSP_SPARSE_H

#include "te_dsp_conv2d_sparse.h"
#include "te_dsp_conv_w8.h"

enum {
    TE_SPARSE_FACTORS = 3, /* of a channel */
    TE_SPARSE_BITS = 23    /* of a sum */
};

/* A group of pixels as the dot products see it. Assembly reads the members by their places. */
typedef struct {
    const int8_t *taps;
    const int32_t *factor;
    const int32_t *factor_end;
    const int32_t *x; /* [taps, pairs of pixels] */
    int8_t *out;
    int32_t channel_step;
    int32_t step; /* bytes from the first pixel's outputs to the second's, */
    int32_t rounding;
    int32_t offset;
    int32_t further[6]; /* and to the others': pixels may be anywhere */
} te_sparse_block;

/* Two pixels' tap. */
static inline int32_t te_sparse_word(int32_t p, int32_t q)
{
    return p + (int32_t)((uint32_t)q << TE_SPARSE_BITS);
}

/* Expands `count` taps of two pixels to words that stand `step` words apart. */
static inline void te_sparse_expand(int32_t *x, int32_t step, const int8_t *p, const int8_t *q,
                                    int32_t count)
{
    const int8_t *const end = p + (count & ~3);
    while (p != end) {
        const int32_t both[2] = {te_load_s8x4(p), te_load_s8x4(q)};
        x[0] = te_sparse_word((int8_t)both[0], (int8_t)both[1]);
        x[step] = te_sparse_word((int8_t)(both[0] >> 8), (int8_t)(both[1] >> 8));
        x[2 * step] = te_sparse_word((int8_t)(both[0] >> 16), (int8_t)(both[1] >> 16));
        x[3 * step] = te_sparse_word(both[0] >> 24, both[1] >> 24);
        x += 4 * step;
        p += 4;
        q += 4;
    }
    for (int32_t i = 0; i < (count & 3); i++) {
        x[i * step] = te_sparse_word(p[i], q[i]);
    }
}

/* Fills `words` words with `value` in both pixels; gives the word behind. */
static inline int32_t *te_sparse_fill(int32_t *x, int32_t words, int32_t value)
{
    int32_t *const end = x + words;
    while (x != end) {
        *x = te_sparse_word(value, value);
        x++;
    }
    return x;
}

#if TE_HAS_DSP

/* What r1 to r10 are pushed as, and behind them the block's last member. */
typedef struct {
    const int32_t *factor;
    const int32_t *factor_end;
    const int32_t *x;
    int8_t *out;
    int32_t channel_step;
    const int8_t *taps_end; /* of a channel */
    uint32_t enter;         /* the loop */
    int32_t step;
    uint32_t requantize;
    int32_t offset;
    int32_t further[6];
} te_sparse_frame;

#define TE_SPARSE_FRAME_FACTOR 0
#define TE_SPARSE_FRAME_FACTOR_END 4
#define TE_SPARSE_FRAME_X 8
#define TE_SPARSE_FRAME_OUT 12
#define TE_SPARSE_FRAME_CHANNEL_STEP 16
#define TE_SPARSE_FRAME_TAPS_END 20
#define TE_SPARSE_FRAME_ENTER 24
#define TE_SPARSE_FRAME_STEP 28
#define TE_SPARSE_FRAME_STEP_2 40
#define TE_SPARSE_FRAME_STEP_3 44
#define TE_SPARSE_FRAME_STEP_4 48
#define TE_SPARSE_FRAME_STEP_5 52
#define TE_SPARSE_FRAME_STEP_6 56
#define TE_SPARSE_FRAME_STEP_7 60
#define TE_SPARSE_FRAME_NBYTES 64
#define TE_SPARSE_BLOCK_FURTHER 36
#define TE_SPARSE_AT(name) "[sp, #" TE_TEXT(TE_SPARSE_FRAME_##name) "]"
TE_HOLD(te_sparse_frame, factor, TE_SPARSE_FRAME_FACTOR);
TE_HOLD(te_sparse_frame, factor_end, TE_SPARSE_FRAME_FACTOR_END);
TE_HOLD(te_sparse_frame, x, TE_SPARSE_FRAME_X);
TE_HOLD(te_sparse_frame, out, TE_SPARSE_FRAME_OUT);
TE_HOLD(te_sparse_frame, channel_step, TE_SPARSE_FRAME_CHANNEL_STEP);
TE_HOLD(te_sparse_frame, taps_end, TE_SPARSE_FRAME_TAPS_END);
TE_HOLD(te_sparse_frame, enter, TE_SPARSE_FRAME_ENTER);
TE_HOLD(te_sparse_frame, step, TE_SPARSE_FRAME_STEP);
TE_HOLD(te_sparse_frame, requantize, TE_CONV_FOURS_REQUANTIZE);
TE_HOLD(te_sparse_frame, offset, TE_CONV_FOURS_OFFSET);
TE_HOLD(te_sparse_frame, further[0], TE_SPARSE_FRAME_STEP_2);
TE_HOLD(te_sparse_frame, further[5], TE_SPARSE_FRAME_STEP_7);
_Static_assert(sizeof(te_sparse_frame) == TE_SPARSE_FRAME_NBYTES, "assembly takes it off");
TE_HOLD(te_sparse_block, factor, 4);
TE_HOLD(te_sparse_block, out, 16);
TE_HOLD(te_sparse_block, offset, 32);
TE_HOLD(te_sparse_block, further, TE_SPARSE_BLOCK_FURTHER);

/* clang-format off */
/* Makes the frame; r0 walks over the taps' weights and distances. */
#define TE_SPARSE_ENTER                                                                            \
    "push {r4-r11, lr}\n\t"                                                                        \
    "add lr, r0, #" TE_TEXT(TE_SPARSE_BLOCK_FURTHER) "\n\t"                                        \
    "ldm lr, {r4-r9}\n\t"                                                                          \
    "push {r4-r9}\n\t"                                                                             \
    "ldm r0, {r0-r8}\n\t"                                                                          \
    "mov r10, r8\n\t"                                                                              \
    "mov r8, r6\n\t"                                                                               \
    "cmp r7, #" TE_TEXT(TE_CONV_FOURS_LESS) "\n\t"                                                 \
    "adr.w r9, 7f + 1\n\t"                                                                         \
    "it eq\n\t"                                                                                    \
    "adreq.w r9, 6f + 1\n\t"                                                                       \
    "it lt\n\t"                                                                                    \
    "adrlt.w r9, 5f + 1\n\t"                                                                       \
    "push {r1-r10}\n\t"

#define TE_SPARSE_LEAVE                                                                            \
    "add sp, sp, #" TE_TEXT(TE_SPARSE_FRAME_NBYTES) "\n\t"                                         \
    "pop {r4-r11, pc}\n\t"

/* Begins a channel: x in lr, the distance to the first tap in r4, in r3 where to enter the loop, whose
 * code for a tap is `bytes` long and ends at 2: as many taps go first as the unrolled loop does not
 * divide. `ahead` adds to r12, the end of the taps, how far ahead of them the loops read.
 */
#define TE_SPARSE_BEGIN(bytes, ahead)                                                              \
    "4: ldr r1, " TE_SPARSE_AT(FACTOR) "\n\t"                                                      \
    "ldr lr, " TE_SPARSE_AT(X) "\n\t"                                                              \
    "ldrb r4, [r0], #1\n\t"                                                                        \
    "ldr r1, [r1]\n\t"                                                                             \
    "mov r2, #" bytes "\n\t"                                                                       \
    "adr.w r3, 2f + 1\n\t"                                                                         \
    TE_SPARSE_HALF("r5", "r6")                                                                     \
    "add r12, r0, r1, lsl #1\n\t"         "and r1, r1, #7\n\t"                                     \
    ahead                                   TE_SPARSE_HALF("r7", "r8")                             \
    "mls r3, r1, r2, r3\n\t"              "str r12, " TE_SPARSE_AT(TAPS_END) "\n\t"

/* Sums are 2^22 to begin with: of two pixels in two registers. */
#define TE_SPARSE_HALF(low, high)                                                                  \
    "mov.w " low ", #0x400000\n\t"                                                                 \
    "mov.w " high ", #0x2000\n\t"

/* Gives r1 the bias and r2 the multiplier of the channel, and goes on to the next factors. */
#define TE_SPARSE_FACTORS_OF                                                                       \
    "ldr lr, " TE_SPARSE_AT(FACTOR) "\n\t"                                                         \
    "ldr r1, [lr, #4]\n\t"                                                                         \
    "ldr r2, [lr, #8]\n\t"                                                                         \
    "add lr, lr, #12\n\t"                                                                          \
    "str lr, " TE_SPARSE_AT(FACTOR) "\n\t"

/* Parts the sums of two pixels each and scales them, in pairs for cores that issue two instructions; goes
 * to what requantizes, with the offset in r4.
 */
#define TE_SPARSE_PART_8                                                                           \
    "lsl r3, r5, #9\n\t"                    "lsr r5, r5, #23\n\t"                                  \
    "lsl lr, r7, #9\n\t"                    "orr r6, r5, r6, lsl #9\n\t"                           \
    "lsr r7, r7, #23\n\t"                   "add r5, r1, r3, lsr #1\n\t"                           \
    "lsl r4, r9, #9\n\t"                    "add r6, r1, r6, lsl #8\n\t"                           \
    "lsr r9, r9, #23\n\t"                   "orr r8, r7, r8, lsl #9\n\t"                           \
    "lsl r3, r11, #9\n\t"                   "add r7, r1, lr, lsr #1\n\t"                           \
    "lsr r11, r11, #23\n\t"                 "add r8, r1, r8, lsl #8\n\t"                           \
    "orr r10, r9, r10, lsl #9\n\t"                                                                 \
    "add r9, r1, r4, lsr #1\n\t"                                                                   \
    "orr r12, r11, r12, lsl #9\n\t"         "ldr r4, " TE_CONV_FOURS_AT(OFFSET) "\n\t"             \
    "add r10, r1, r10, lsl #8\n\t"                                                                 \
    "add r11, r1, r3, lsr #1\n\t"                                                                  \
    "add r12, r1, r12, lsl #8\n\t"          "ldr pc, " TE_CONV_FOURS_AT(REQUANTIZE) "\n\t"
#define TE_SPARSE_PART_4                                                                           \
    "lsl r3, r5, #9\n\t"                    "lsr r5, r5, #23\n\t"                                  \
    "lsl lr, r7, #9\n\t"                    "orr r6, r5, r6, lsl #9\n\t"                           \
    "lsr r7, r7, #23\n\t"                   "add r5, r1, r3, lsr #1\n\t"                           \
    "add r6, r1, r6, lsl #8\n\t"            "ldr r4, " TE_CONV_FOURS_AT(OFFSET) "\n\t"             \
    "orr r8, r7, r8, lsl #9\n\t"                                                                   \
    "add r7, r1, lr, lsr #1\n\t"                                                                   \
    "add r8, r1, r8, lsl #8\n\t"            "ldr pc, " TE_CONV_FOURS_AT(REQUANTIZE) "\n\t"

/* Outputs of scaled sums; with the place of the first one in r1, that of the next channel's in lr, and
 * the steps to the others in r3, r2, r4.
 */
#define TE_SPARSE_UP_8(bits)                                                                       \
    "smmla r5, r5, r2, r4\n\t"              "ldr r1, " TE_SPARSE_AT(OUT) "\n\t"                    \
    "smmla r6, r6, r2, r4\n\t"              "ldr lr, " TE_SPARSE_AT(CHANNEL_STEP) "\n\t"           \
    "smmla r7, r7, r2, r4\n\t"              "ldr r3, " TE_SPARSE_AT(STEP) "\n\t"                   \
    "ssat r5, #8, r5, asr #" bits "\n\t"    "smmla r8, r8, r2, r4\n\t"                             \
    "ssat r6, #8, r6, asr #" bits "\n\t"    "smmla r9, r9, r2, r4\n\t"                             \
    "ssat r7, #8, r7, asr #" bits "\n\t"    "smmla r10, r10, r2, r4\n\t"                           \
    "ssat r8, #8, r8, asr #" bits "\n\t"    "smmla r11, r11, r2, r4\n\t"                           \
    "ssat r9, #8, r9, asr #" bits "\n\t"    "smmla r12, r12, r2, r4\n\t"                           \
    "ssat r10, #8, r10, asr #" bits "\n\t"  "add lr, lr, r1\n\t"                                   \
    "ssat r11, #8, r11, asr #" bits "\n\t"                                                         \
    "ssat r12, #8, r12, asr #" bits "\n\t"  "ldr r2, " TE_SPARSE_AT(STEP_2) "\n\t"                 \
    "ldr r4, " TE_SPARSE_AT(STEP_3) "\n\t"
#define TE_SPARSE_UP_4(bits)                                                                       \
    "smmla r5, r5, r2, r4\n\t"              "ldr r1, " TE_SPARSE_AT(OUT) "\n\t"                    \
    "smmla r6, r6, r2, r4\n\t"              "ldr lr, " TE_SPARSE_AT(CHANNEL_STEP) "\n\t"           \
    "smmla r7, r7, r2, r4\n\t"              "ldr r3, " TE_SPARSE_AT(STEP) "\n\t"                   \
    "ssat r5, #8, r5, asr #" bits "\n\t"    "smmla r8, r8, r2, r4\n\t"                             \
    "ssat r6, #8, r6, asr #" bits "\n\t"    "add lr, lr, r1\n\t"                                   \
    "ssat r7, #8, r7, asr #" bits "\n\t"                                                           \
    "ssat r8, #8, r8, asr #" bits "\n\t"    "ldr r2, " TE_SPARSE_AT(STEP_2) "\n\t"                 \
    "ldr r4, " TE_SPARSE_AT(STEP_3) "\n\t"
#define TE_SPARSE_PLACE                                                                            \
    "ldr r1, " TE_SPARSE_AT(OUT) "\n\t"                                                            \
    "ldr lr, " TE_SPARSE_AT(CHANNEL_STEP) "\n\t"                                                   \
    "ldr r3, " TE_SPARSE_AT(STEP) "\n\t"                                                           \
    "ldr r2, " TE_SPARSE_AT(STEP_2) "\n\t"                                                         \
    "ldr r4, " TE_SPARSE_AT(STEP_3) "\n\t"                                                         \
    "add lr, lr, r1\n\t"                                                                           \
    "b.w 8f\n\t"

/* Stores the outputs, and goes on with the next channel. */
#define TE_SPARSE_STORE_4                                                                          \
    "8: strb r5, [r1]\n\t"                  "strb r6, [r1, r3]\n\t"                                \
    "strb r7, [r1, r2]\n\t"                 "strb r8, [r1, r4]\n\t"                                \
    "str lr, " TE_SPARSE_AT(OUT) "\n\t"
#define TE_SPARSE_STORE_8                                                                          \
    TE_SPARSE_STORE_4                                                                              \
    "ldr r2, " TE_SPARSE_AT(STEP_4) "\n\t"  "ldr r3, " TE_SPARSE_AT(STEP_5) "\n\t"                 \
    "ldr r4, " TE_SPARSE_AT(STEP_6) "\n\t"  "ldr lr, " TE_SPARSE_AT(STEP_7) "\n\t"                 \
    "strb r9, [r1, r2]\n\t"                 "strb r10, [r1, r3]\n\t"                               \
    "strb r11, [r1, r4]\n\t"                "strb r12, [r1, lr]\n\t"
#define TE_SPARSE_NEXT                                                                             \
    "ldr r3, " TE_SPARSE_AT(FACTOR) "\n\t"                                                     \
    "ldr r4, " TE_SPARSE_AT(FACTOR_END) "\n\t"                                                 \
    "cmp r3, r4\n\t"                                                                               \
    "bne.w 4b\n\t"                                                                                 \
    TE_SPARSE_LEAVE

#include "te_dsp_sparse_loops.h"

/* Compilers have a limit for the strings of a program; this is assembly. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* Eight pixels: sums of two each in r5 to r12; the weight in r1, the pixels in r2, r3, the distance
 * to the next tap in r4.
 */
TE_NAKED static void te_sparse_dot_8(const te_sparse_block *block __attribute__((unused)))
{
    __asm__(TE_SPARSE_ENTER
            TE_SPARSE_BEGIN(TE_SPARSE_NBYTES_8, TE_SPARSE_AHEAD)
            TE_SPARSE_HALF("r9", "r10")
            TE_SPARSE_HALF("r11", "r12")
            TE_SPARSE_TAPS_8
            TE_SPARSE_FACTORS_OF
            TE_SPARSE_PART_8
            "5:" TE_CONV_SIGNED_OFFSET
            TE_CONV_SIGNED_PAIR("r5", "r6", "r2")
            TE_CONV_SIGNED_PAIR("r7", "r8", "r2")
            TE_CONV_SIGNED_PAIR("r9", "r10", "r2")
            TE_CONV_SIGNED_PAIR("r11", "r12", "r2")
            TE_SPARSE_PLACE
            "6:" TE_SPARSE_UP_8("8") "b.w 8f\n\t"
            "7:" TE_SPARSE_UP_8("12")
            TE_SPARSE_STORE_8
            TE_SPARSE_NEXT);
}

/* Four pixels: the same in r5 to r8. */
TE_NAKED static void te_sparse_dot_4(const te_sparse_block *block __attribute__((unused)))
{
    __asm__(TE_SPARSE_ENTER
            TE_SPARSE_BEGIN(TE_SPARSE_NBYTES_4, TE_SPARSE_AHEAD)
            TE_SPARSE_TAPS_4
            TE_SPARSE_FACTORS_OF
            TE_SPARSE_PART_4
            "5:" TE_CONV_SIGNED_OFFSET
            TE_CONV_SIGNED_PAIR("r5", "r6", "r2")
            TE_CONV_SIGNED_PAIR("r7", "r8", "r2")
            TE_SPARSE_PLACE
            "6:" TE_SPARSE_UP_4("8") "b.w 8f\n\t"
            "7:" TE_SPARSE_UP_4("12")
            TE_SPARSE_STORE_4
            TE_SPARSE_NEXT);
}

#pragma GCC diagnostic pop
/* clang-format on */

#else

/* Does what the assembly does. */
static inline void te_sparse_dot(const te_sparse_block *block, int32_t places)
{
    const te_conv_block rounds = {.rounding = block->rounding, .offset = block->offset};
    const int64_t two = (int64_t)1 << TE_SPARSE_BITS;
    const int8_t *taps = block->taps;
    const int32_t *const further = block->further;
    const int32_t steps[8] = {0,          block->step, further[0], further[1],
                              further[2], further[3],  further[4], further[5]};
    int8_t *out = block->out;
    for (const int32_t *factor = block->factor; factor != block->factor_end;
         factor += TE_SPARSE_FACTORS) {
        int64_t sums[4] = {0, 0, 0, 0};
        const int32_t *x = block->x;
        for (int32_t tap = 0; tap < factor[0]; tap++) {
            x += (uint8_t)taps[0] * (places / 2);
            for (int32_t pair = 0; pair < places / 2; pair++) {
                sums[pair] += (int64_t)taps[1] * x[pair];
            }
            taps += 2;
        }
        taps++;
        for (int32_t pixel = 0; pixel < places; pixel++) {
            const int64_t both = sums[pixel / 2] + (two + 1) * (two / 2);
            const int64_t sum = pixel % 2 == 0 ? both & (two - 1) : both >> TE_SPARSE_BITS;
            const int32_t scaled = (int32_t)((uint32_t)factor[1] + ((uint32_t)sum << 8));
            out[steps[pixel]] = te_conv_output_w8(&rounds, scaled, factor[2]);
        }
        out += block->channel_step;
    }
}

static inline void te_sparse_dot_8(const te_sparse_block *block)
{
    te_sparse_dot(block, 8);
}

static inline void te_sparse_dot_4(const te_sparse_block *block)
{
    te_sparse_dot(block, 4);
}

#endif

#endif
