/* The inner loop of a product with a factor per channel: four channels down a row of pixels. */
#ifndef TE_DSP_ELEMENTWISE_MUL_H
#define TE_DSP_ELEMENTWISE_MUL_H

#include "te_dsp_elementwise.h"

/* How the elements of one channel become values: value = element * factor / 2^8 + offset. */
typedef struct {
    int32_t factor;
    int32_t offset;
} te_mul_channel;

/* Four channels of an even number of pixels; in this order, for the loop reads it so. */
typedef struct {
    te_mul_channel channel[4];
    const int8_t *image;
    uintptr_t to_output; /* bytes from an element to its output */
    int32_t gap;         /* bytes from pixel to pixel */
    const int8_t *end;   /* of image; a multiple of two gaps away, and not at once */
} te_mul_column;

/* Four channels of one pixel. */
static inline int32_t te_mul_quad(const te_mul_channel channel[4], int32_t quad,
                                  const int32_t doublings)
{
    const int32_t even = te_even_times_256(quad, TE_HIGH_BYTES);
    const int32_t odd = te_odd_times_256(quad, TE_HIGH_BYTES);
    const int32_t v0 = te_smlawb(channel[0].factor, even, channel[0].offset);
    const int32_t v2 = te_smlawt(channel[2].factor, even, channel[2].offset);
    const int32_t v1 = te_smlawb(channel[1].factor, odd, channel[1].offset);
    const int32_t v3 = te_smlawt(channel[3].factor, odd, channel[3].offset);
    return te_outputs_of(v0, v1, v2, v3, TE_HIGH_BYTES, doublings);
}

#if TE_HAS_DSP

TE_HOLD(te_mul_column, image, 32);
TE_HOLD(te_mul_column, to_output, 36);
TE_HOLD(te_mul_column, gap, 40);

/* One pixel in 15 or more instructions.
 *
 * r0-r7: factor and offset of channels 0 to 3. r8: image. r9: to_output. r10: gap.
 * QUAD, EVEN and VALUE are r11, r12 and lr in one order or another. LOAD is done where VALUE is
 * free: it may fetch the next quad there.
 */
#define TE_MUL_PIXEL(QUAD, EVEN, VALUE, DOUBLE_EVEN, DOUBLE_QUAD, LOAD)                            \
    "lsl " EVEN ", " QUAD ", #8\n\t"                                                               \
    "and " QUAD ", " QUAD ", #0xff00ff00\n\t"                                                      \
    "and " EVEN ", " EVEN ", #0xff00ff00\n\t"                                                      \
    "smlawb " VALUE ", r0, " EVEN ", r1\n\t"                                                       \
    "smlawt " EVEN ", r4, " EVEN ", r5\n\t"                                                        \
    "pkhtb " EVEN ", " EVEN ", " VALUE ", asr #16\n\t"                                             \
    "smlawb " VALUE ", r2, " QUAD ", r3\n\t"                                                       \
    "smlawt " QUAD ", r6, " QUAD ", r7\n\t" DOUBLE_EVEN "pkhtb " QUAD ", " QUAD ", " VALUE         \
    ", asr #16\n\t" LOAD DOUBLE_QUAD "and " QUAD ", " QUAD ", #0xff00ff00\n\t"                     \
    "uxtab16 " QUAD ", " QUAD ", " EVEN ", ror #8\n\t"                                             \
    "str " QUAD ", [r8, r9]\n\t"                                                                   \
    "add r8, r8, r10\n\t"

/* Register r7, where it is the frame pointer, is not for the compiler to save. */
#if defined(__clang__) || !defined(__OPTIMIZE__)
#define TE_MUL_SAVE "push {r7}\n\t"
#define TE_MUL_RESTORE "\n\tpop {r7}"
#define TE_MUL_CLOBBERS "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "lr"
#else
#define TE_MUL_SAVE ""
#define TE_MUL_RESTORE ""
#define TE_MUL_CLOBBERS                                                                            \
    "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "lr"
#endif

/* Two pixels a turn; the column's end is kept on the stack. */
#define TE_MUL_COLUMN(DOUBLE_R12, DOUBLE_R11, DOUBLE_LR)                                           \
    __asm__ volatile(TE_MUL_SAVE                                                                   \
                     "ldr lr, [%0, %1]\n\t"                                                        \
                     "push {lr}\n\t"                                                               \
                     "ldm %0, {r0-r10}\n"                                                          \
                     "1:\n\t"                                                                      \
                     "ldr r11, [r8]\n\t" TE_MUL_PIXEL("r11", "r12", "lr", DOUBLE_R12, DOUBLE_R11,  \
                                                      "ldr lr, [r8, r10]\n\t")                     \
                         TE_MUL_PIXEL("lr", "r12", "r11", DOUBLE_R12, DOUBLE_LR,                   \
                                      "ldr r11, [sp]\n\t") "cmp r8, r11\n\t"                       \
                                                           "bne 1b\n\t"                            \
                                                           "pop {r11}" TE_MUL_RESTORE              \
                     : "+r"(from)                                                                  \
                     : "i"(offsetof(te_mul_column, end))                                           \
                     : TE_MUL_CLOBBERS, "cc", "memory")

#define TE_DOUBLE(X) "qadd16 " X ", " X ", " X "\n\t"

/* The outputs of a column. */
static inline void te_mul_run_column(const te_mul_column *column, const int32_t doublings)
{
    register const te_mul_column *from __asm__("r12") = column;
    if (doublings == 1) {
        TE_MUL_COLUMN(TE_DOUBLE("r12"), TE_DOUBLE("r11"), TE_DOUBLE("lr"));
    } else if (doublings == 2) {
        TE_MUL_COLUMN(TE_DOUBLE("r12") TE_DOUBLE("r12"), TE_DOUBLE("r11") TE_DOUBLE("r11"),
                      TE_DOUBLE("lr") TE_DOUBLE("lr"));
    } else {
        TE_MUL_COLUMN(TE_DOUBLE("r12") TE_DOUBLE("r12") TE_DOUBLE("r12"),
                      TE_DOUBLE("r11") TE_DOUBLE("r11") TE_DOUBLE("r11"),
                      TE_DOUBLE("lr") TE_DOUBLE("lr") TE_DOUBLE("lr"));
    }
}

#else

static inline void te_mul_run_column(const te_mul_column *column, const int32_t doublings)
{
    int8_t *out = (int8_t *)((uintptr_t)column->image + column->to_output);
    for (const int8_t *image = column->image; image != column->end; image += column->gap) {
        te_store_s8x4(out, te_mul_quad(column->channel, te_load_s8x4(image), doublings));
        out += column->gap;
    }
}

#endif

#endif
