/* Products of matrices for MVE: columns of bytes, sixteen products at a time. */
#ifndef TE_MVE_MATMUL_H
#define TE_MVE_MATMUL_H

#include "te_batch_matmul.h"
#include "te_mve.h"
#include "te_requantize.h"

#define TE_MVE_LANES 16

#if TE_HAS_MVE

#include <arm_mve.h>

/* Most bytes between elements that are gathered eight at a time by offsets of 16 bits. */
#define TE_MVE_MOST_STEP 9362

/* Copies `count` bytes that are `step` bytes apart, and gives their sum. */
static inline int32_t te_mve_gather(int8_t *to, const int8_t *from, int32_t step, int32_t count)
{
    int32_t sum = 0;
    if (step == 1) {
        for (int32_t i = 0; i < count; i += 16) {
            const mve_pred16_t lanes = vctp8q((uint32_t)(count - i));
            const int8x16_t bytes = vldrbq_z_s8(from + i, lanes);
            sum = vaddvaq_s8(sum, bytes);
            vstrbq_p_s8(to + i, bytes, lanes);
        }
        return sum;
    }
    int32_t i = 0;
    if (step <= TE_MVE_MOST_STEP) {
        const uint16x8_t offsets = vmulq_n_u16(vidupq_n_u16(0U, 1), (uint16_t)step);
        for (; i + 8 <= count; i += 8) {
            const int16x8_t values = vldrbq_gather_offset_s16(from + i * step, offsets);
            sum = vaddvaq_s16(sum, values);
            vstrbq_s16(to + i, values);
        }
    }
    for (; i < count; i++) {
        to[i] = from[i * step];
        sum += to[i];
    }
    return sum;
}

/* Adds the products of `count` bytes with four columns, `column_bytes` apart, and gives the sum of
 * the bytes.
 */
static inline int32_t te_mve_dot_4(const int8_t *x, const int8_t *columns, int32_t column_bytes,
                                   int32_t count, int32_t *sums)
{
    const int8_t *second = columns + column_bytes;
    const int8_t *third = second + column_bytes;
    const int8_t *fourth = third + column_bytes;
    int32_t total = 0;
    int32_t a = sums[0];
    int32_t b = sums[1];
    int32_t c = sums[2];
    int32_t d = sums[3];
    __asm__ volatile("wlstp.8 lr, %[count], 2f\n"
                     "1:\tvldrb.8 q0, [%[x]], #16\n\t"
                     "vldrb.8 q1, [%[first]], #16\n\t"
                     "vmladava.s8 %[a], q0, q1\n\t"
                     "vldrb.8 q2, [%[second]], #16\n\t"
                     "vmladava.s8 %[b], q0, q2\n\t"
                     "vldrb.8 q1, [%[third]], #16\n\t"
                     "vmladava.s8 %[c], q0, q1\n\t"
                     "vldrb.8 q2, [%[fourth]], #16\n\t"
                     "vmladava.s8 %[d], q0, q2\n\t"
                     "vaddva.s8 %[total], q0\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : [x] "+r"(x), [first] "+r"(columns), [second] "+r"(second),
                       [third] "+r"(third), [fourth] "+r"(fourth), [total] "+Te"(total),
                       [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d)
                     : [count] "r"(count)
                     : "lr", "q0", "q1", "q2", "memory");
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
    return total;
}

/* te_requantize, zero point and clamp of four sums, of which `count` are written. */
static inline void te_mve_put_4(const te_batch_matmul_params *op, const int32_t *sums,
                                int32_t count, int8_t *to)
{
    const int32_t left = op->out_shift > 0 ? op->out_shift : 0;
    const int32x4_t right = vdupq_n_s32(op->out_shift > 0 ? 0 : op->out_shift);
    int32x4_t value = vshlq_r_s32(vldrwq_s32(sums), left);
    value = vqrdmulhq_n_s32(value, op->out_multiplier);
    value = vaddq_s32(value, vshrq_n_s32(vandq_s32(value, right), 31));
    value = vaddq_n_s32(vrshlq_s32(value, right), op->out_zero_point);
    value = vmaxq_s32(vminq_s32(value, vdupq_n_s32(INT8_MAX)), vdupq_n_s32(INT8_MIN));
    vstrbq_p_s32(to, value, vctp32q((uint32_t)count));
}

#else

static inline int32_t te_mve_gather(int8_t *to, const int8_t *from, int32_t step, int32_t count)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        to[i] = from[i * step];
        sum += to[i];
    }
    return sum;
}

static inline int32_t te_mve_dot_4(const int8_t *x, const int8_t *columns, int32_t column_bytes,
                                   int32_t count, int32_t *sums)
{
    int32_t total = 0;
    for (int32_t i = 0; i < count; i++) {
        total += x[i];
        for (int32_t column = 0; column < 4; column++) {
            sums[column] += x[i] * columns[column * column_bytes + i];
        }
    }
    return total;
}

static inline void te_mve_put_4(const te_batch_matmul_params *op, const int32_t *sums,
                                int32_t count, int8_t *to)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = te_requantize(sums[i], op->out_multiplier, op->out_shift);
        to[i] = (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
    }
}

#endif

#endif
