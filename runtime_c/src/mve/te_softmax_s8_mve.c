/* Softmax, int8, MVE: four elements at a time. */
#include "te_softmax_mve.h"

#include "te_mve.h"
#include "te_reciprocal.h"

/* Fraction bits of the sum of exponentials: Q12.19. */
#define SUM_FRACTION_BITS 19

#if TE_HAS_MVE

static inline int32_t maximum(const int8_t *row, int32_t depth)
{
    int32_t most = INT8_MIN;
    __asm__("wlstp.8 lr, %[depth], 2f\n"
            "1:\tvldrb.8 q0, [%[row]], #16\n\t"
            "vmaxv.s8 %[most], q0\n\t"
            "letp lr, 1b\n"
            "2:"
            : [most] "+r"(most), [row] "+l"(row)
            : [depth] "r"(depth)
            : "lr", "q0", "memory");
    return most;
}

/* The exponentials of four elements to q1 from `row` on, by how far they are below q2; 0 for those that
 * are further than any has.
 */
#define EXPONENTIALS                                                                               \
    "vldrb.s32 q0, [%[row]], #4\n\t"                                                               \
    "vsub.i32 q0, q2, q0\n\t"                                                                      \
    "vpt.s32 lt, q0, %[differences]\n\t"                                                           \
    "vldrwt.u32 q1, [%[exponentials], q0, uxtw #2]\n\t"

/* Seven instructions for four elements. */
static inline int32_t sum_exponentials(const te_softmax_params *op, const int8_t *row, int32_t most)
{
    int32_t sum = 0;
    __asm__("vdup.32 q2, %[most]\n\t"
            "wlstp.32 lr, %[depth], 2f\n"
            "1:\t" EXPONENTIALS "vrshr.s32 q1, q1, %[shift]\n\t"
            "vaddva.s32 %[sum], q1\n\t"
            "letp lr, 1b\n"
            "2:"
            : [sum] "+Te"(sum), [row] "+l"(row)
            : [depth] "r"(op->depth), [differences] "r"(op->differences),
              [exponentials] "r"(op->exponentials), [most] "r"(most),
              [shift] "i"(31 - SUM_FRACTION_BITS)
            : "lr", "q0", "q1", "q2", "memory");
    return sum;
}

/* Eleven instructions for four elements. */
static inline void write_quotients(const te_softmax_params *op, const int8_t *row, int32_t most,
                                   int32_t scale, int32_t shift, int8_t *to)
{
    __asm__ volatile("vdup.32 q2, %[most]\n\t"
                     "wlstp.32 lr, %[depth], 2f\n"
                     "1:\t" EXPONENTIALS "vqrdmulh.s32 q1, q1, %[scale]\n\t"
                     "vrshl.s32 q1, %[right]\n\t"
                     "vadd.i32 q1, q1, %[least]\n\t"
                     "vqmovnb.s32 q1, q1\n\t"
                     "vqmovnb.s16 q1, q1\n\t"
                     "vstrb.32 q1, [%[to]], #4\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : [row] "+l"(row), [to] "+l"(to)
                     : [depth] "r"(op->depth), [differences] "r"(op->differences),
                       [exponentials] "r"(op->exponentials), [most] "r"(most), [scale] "r"(scale),
                       [right] "r"(-shift), [least] "r"(INT8_MIN)
                     : "lr", "q0", "q1", "q2", "memory");
}

#else

static inline int32_t maximum(const int8_t *row, int32_t depth)
{
    int32_t most = INT8_MIN;
    for (int32_t i = 0; i < depth; i++) {
        most = row[i] > most ? row[i] : most;
    }
    return most;
}

static inline int32_t exponential_of(const te_softmax_params *op, int32_t below)
{
    return below < op->differences ? op->exponentials[below] : 0;
}

static inline int32_t sum_exponentials(const te_softmax_params *op, const int8_t *row, int32_t most)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < op->depth; i++) {
        sum += te_shift_right_rounded(exponential_of(op, most - row[i]), 31 - SUM_FRACTION_BITS);
    }
    return sum;
}

static inline void write_quotients(const te_softmax_params *op, const int8_t *row, int32_t most,
                                   int32_t scale, int32_t shift, int8_t *to)
{
    for (int32_t i = 0; i < op->depth; i++) {
        const int32_t quotient = te_multiply_q31(exponential_of(op, most - row[i]), scale);
        const int32_t units = shift > 31 ? 0 : te_shift_right_rounded(quotient, shift);
        to[i] = (int8_t)te_clamp(units + INT8_MIN, INT8_MIN, INT8_MAX);
    }
}

#endif

TE_SHARED void te_softmax_s8_mve(const te_softmax_params *op, te_src in, te_dst out, int32_t first,
                                 int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int8_t *input = te_src_row(in, row);
        const int32_t most = maximum(input, op->depth);
        const int32_t sum = sum_exponentials(op, input, most);
        const int32_t zeros = te_leading_zeros(sum);
        const int32_t fraction = (int32_t)(((uint32_t)sum << zeros) - UINT32_C(0x80000000));
        const int32_t scale = te_reciprocal_of_one_plus(fraction);
        const int32_t shift = (31 - SUM_FRACTION_BITS) - zeros + (31 - 8);
        write_quotients(op, input, most, scale, shift, te_dst_row(out, row));
    }
}
