/* Products of matrices, int8, DSP extension: four columns of pairs at a time. */
#include "te_batch_matmul_packed.h"

#include "te_dsp.h"
#include "te_matmul.h"

/* The next elements, at most four and filled up with zero points, of a column or a row. */
static inline int32_t quad_of(const int8_t *from, int32_t step, int32_t count, int32_t fill)
{
    uint32_t quad = (uint32_t)fill;
    for (int32_t i = 0; i < count; i++) {
        const uint32_t byte = (uint32_t)(uint8_t)from[i * step] << (8 * i);
        quad = (quad & ~(UINT32_C(0xff) << (8 * i))) | byte;
    }
    return (int32_t)quad;
}

/* Four elements of a column whose zero point is in both halves of `zeros`; their sum is added. */
static inline int32_t pack_quad(int32_t quad, int32_t zeros, int32_t *to, int32_t sum)
{
    to[0] = te_sub16(te_sxtb16(quad), zeros);
    to[1] = te_sub16(te_sxtb16_ror8(quad), zeros);
    return te_smlad(to[1], 0x00010001, te_smlad(to[0], 0x00010001, sum));
}

/* Columns are packed, less their zero point, as pairs of elements 0 and 2, and 1 and 3, of every
 * four: [depth / 4][4][2]. The last four are filled up with zeros.
 */
static inline int32_t pack(const te_batch_matmul_params *op, const int8_t *from, int8_t *columns,
                           int32_t at)
{
    const int32_t zeros = te_pack_low(op->rhs_zero_point, op->rhs_zero_point);
    const int32_t fill = (int32_t)((uint32_t)(uint8_t)op->rhs_zero_point * 0x01010101U);
    int32_t *to = (int32_t *)(void *)columns + 2 * at;
    int32_t left = op->depth;
    int32_t sum = 0;
    for (; left >= 4; left -= 4) {
        const int is_run = op->rhs_depth == 1;
        const int32_t quad = is_run ? te_load_s8x4(from) : quad_of(from, op->rhs_depth, 4, 0);
        sum = pack_quad(quad, zeros, to, sum);
        to += 2 * TE_MATMUL_COLUMNS;
        from += 4 * op->rhs_depth;
    }
    if (left > 0) {
        sum = pack_quad(quad_of(from, op->rhs_depth, left, fill), zeros, to, sum);
    }
    return sum;
}

static inline void multiply(int32_t quad, const int32_t *weight, int32_t *sums)
{
    const int32_t even = te_sxtb16(quad);
    const int32_t odd = te_sxtb16_ror8(quad);
    sums[0] = te_smlad(odd, weight[1], te_smlad(even, weight[0], sums[0]));
    sums[1] = te_smlad(odd, weight[3], te_smlad(even, weight[2], sums[1]));
    sums[2] = te_smlad(odd, weight[5], te_smlad(even, weight[4], sums[2]));
    sums[3] = te_smlad(odd, weight[7], te_smlad(even, weight[6], sums[3]));
}

/* Adds the products of a row up to `end`, in whole quads, with the columns; gives what follows them. */
#if TE_HAS_DSP

/* 15 instructions for 16 products: the quad's pairs in r4 and r5, four words of columns in r6 to r10. */
static inline const int32_t *multiply_quads(const int8_t *row, const int8_t *end,
                                            const int32_t *weight, int32_t *sums)
{
    int32_t a = sums[0];
    int32_t b = sums[1];
    int32_t c = sums[2];
    int32_t d = sums[3];
    __asm__ volatile(
        "cmp %[row], %[end]\n\t"
        "beq 2f\n"
        "1:\tldr r4, [%[row]], #4\n\t"
        "ldm %[weight]!, {r6, r8, r9, r10}\n\t"
        "sxtb16 r5, r4\n\t"
        "sxtb16 r4, r4, ror #8\n\t"
        "smlad %[a], r5, r6, %[a]\n\t"
        "smlad %[b], r5, r9, %[b]\n\t"
        "smlad %[a], r4, r8, %[a]\n\t"
        "smlad %[b], r4, r10, %[b]\n\t"
        "ldm %[weight]!, {r6, r8, r9, r10}\n\t"
        "cmp %[row], %[end]\n\t"
        "smlad %[c], r5, r6, %[c]\n\t"
        "smlad %[d], r5, r9, %[d]\n\t"
        "smlad %[c], r4, r8, %[c]\n\t"
        "smlad %[d], r4, r10, %[d]\n\t"
        "bne 1b\n"
        "2:"
        : [row] "+r"(row), [weight] "+r"(weight), [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d)
        : [end] "r"(end)
        : "r4", "r5", "r6", "r8", "r9", "r10", "cc", "memory");
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
    return weight;
}

#else

static inline const int32_t *multiply_quads(const int8_t *row, const int8_t *end,
                                            const int32_t *weight, int32_t *sums)
{
    for (; row != end; row += 4) {
        multiply(te_load_s8x4(row), weight, sums);
        weight += 2 * TE_MATMUL_COLUMNS;
    }
    return weight;
}

#endif

static inline void dot(const te_batch_matmul_params *op, const int8_t *row, const int8_t *columns,
                       int32_t *sums)
{
    const int8_t *const end = row + (op->depth & ~3);
    const int32_t *const rest =
        multiply_quads(row, end, (const int32_t *)(const void *)columns, sums);
    if ((op->depth & 3) != 0) {
        multiply(quad_of(end, 1, op->depth & 3, 0), rest, sums);
    }
}

static inline void put(const te_batch_matmul_params *op, const int32_t *sums, int32_t count,
                       int8_t *to)
{
    const int32_t right = -op->out_shift;
    const int32_t offset = op->out_zero_point * (1 << right) + (1 << (right - 1));
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = te_requantize_folded(sums[i], op->out_multiplier, offset, right);
        to[i] = (int8_t)te_saturate8(value);
    }
}

TE_SHARED void te_batch_matmul_s8_dsp(const te_batch_matmul_params *op, te_src lhs, te_src rhs,
                                      te_dst out, int32_t first, int32_t last, void *scratch)
{
    const te_matmul_steps steps = {pack, dot, put};
    int8_t *const copy = (int8_t *)scratch + ((op->depth + 3) & ~3) * 2 * TE_MATMUL_COLUMNS;
    te_matmul(op, steps, lhs, rhs, out, first, last, scratch, copy);
}
