/* Softmax of int16, portable C. */
#include "te_softmax_s16.h"

#include "te_requantize.h"

static int16_t maximum(const int16_t *row, int32_t depth)
{
    int16_t most = row[0];
    for (int32_t i = 1; i < depth; i++) {
        most = row[i] > most ? row[i] : most;
    }
    return most;
}

/* What lies between the entries of a table of 513, for any x of 16 bits; clamps it to them. */
static int32_t interpolate(const int16_t *table, int32_t x)
{
    const int32_t within = te_clamp(x, INT16_MIN, INT16_MAX);
    const int32_t index = 256 + (within >> 7);
    const int32_t slope = table[index + 1] - table[index];
    return table[index] + ((slope * (within & 0x7f) + 64) >> 7);
}

/* Puts the exponentials of the row's elements into `out`, and gives their sum, in Q16.15. */
static int32_t sum_exponentials(const te_softmax_s16_params *op, const int16_t *in, int16_t *out)
{
    const int32_t most = maximum(in, op->depth);
    int32_t sum = 0;
    for (int32_t i = 0; i < op->depth; i++) {
        const int32_t scaled = te_requantize(in[i] - most, op->multiplier, op->shift);
        const int32_t value = interpolate(op->exponentials, scaled + INT16_MAX);
        out[i] = (int16_t)value;
        sum += value;
    }
    return sum;
}

/* Zero bits above the most significant one of a positive value. */
static int32_t leading_zeros(int32_t value)
{
    int32_t zeros = 0;
    for (uint32_t bits = (uint32_t)value; (bits & UINT32_C(0x80000000)) == 0U; bits <<= 1) {
        zeros++;
    }
    return zeros;
}

static void divide_by_sum(const te_softmax_s16_params *op, int32_t sum, int16_t *out)
{
    const int32_t zeros = leading_zeros(sum);
    const uint32_t normal = ((uint32_t)sum << (zeros - 1)) + (UINT32_C(1) << 13);
    const int32_t fraction = (int32_t)(normal >> 14) - (1 << 15) - (1 << 16);
    const int32_t reciprocal = interpolate(op->reciprocals, fraction);
    const int32_t shift = 31 - zeros;
    const int32_t half = 1 << (shift - 1);
    for (int32_t i = 0; i < op->depth; i++) {
        const int32_t value = (out[i] * reciprocal + half) >> shift;
        out[i] = (int16_t)te_clamp(value, 0, INT16_MAX);
    }
}

TE_SHARED void te_softmax_s16(const te_softmax_s16_params *op, te_src in, te_dst out, int32_t first,
                              int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        int16_t *const output = te_dst_row_s16(out, row);
        const int32_t sum = sum_exponentials(op, te_src_row_s16(in, row), output);
        divide_by_sum(op, sum, output);
    }
}
