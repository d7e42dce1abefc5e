/* Products of matrices, int8, for every core: four columns of int16 at a time. */
#include "te_batch_matmul_packed.h"

#include "te_matmul.h"
#include "te_requantize.h"

/* Columns are packed as [depth][4], int16, less their zero point. */
static inline int32_t pack(const te_batch_matmul_params *op, const int8_t *from, int8_t *columns,
                           int32_t at)
{
    int16_t *to = (int16_t *)(void *)columns + at;
    int32_t sum = 0;
    for (int32_t i = 0; i < op->depth; i++) {
        const int32_t value = *from - op->rhs_zero_point;
        sum += value;
        *to = (int16_t)value;
        to += TE_MATMUL_COLUMNS;
        from += op->rhs_depth;
    }
    return sum;
}

static inline void dot(const te_batch_matmul_params *op, const int8_t *row, const int8_t *columns,
                       int32_t *sums)
{
    const int16_t *weight = (const int16_t *)(const void *)columns;
    const int8_t *const end = row + op->depth;
    int32_t a = sums[0];
    int32_t b = sums[1];
    int32_t c = sums[2];
    int32_t d = sums[3];
    while (row != end) {
        const int32_t x = *row++;
        a += x * weight[0];
        b += x * weight[1];
        c += x * weight[2];
        d += x * weight[3];
        weight += TE_MATMUL_COLUMNS;
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

static inline void put(const te_batch_matmul_params *op, const int32_t *sums, int32_t count,
                       int8_t *to)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = te_requantize(sums[i], op->out_multiplier, op->out_shift);
        to[i] = (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
    }
}

TE_SHARED void te_batch_matmul_s8_base(const te_batch_matmul_params *op, te_src lhs, te_src rhs,
                                       te_dst out, int32_t first, int32_t last, void *scratch)
{
    const te_matmul_steps steps = {pack, dot, put};
    int8_t *const copy = (int8_t *)scratch + op->depth * 2 * TE_MATMUL_COLUMNS;
    te_matmul(op, steps, lhs, rhs, out, first, last, scratch, copy);
}
