/* Sums of products of a run of int16 and runs of int8: eight products an instruction. What widens
 * bytes as it loads them has its address in r0 to r7.
 */
#ifndef TE_MVE_DOT_S16_H
#define TE_MVE_DOT_S16_H

#include "te_mve.h"

#if TE_HAS_MVE

/* `sum` and the products of `count` >= 0 elements. */
static inline int32_t te_mve_dot_s16(const int16_t *x, const int8_t *y, int32_t count, int32_t sum)
{
    __asm__ volatile("wlstp.16 lr, %3, 2f\n"
                     "1:\tvldrh.16 q0, [%0], #16\n\t"
                     "vldrb.s16 q1, [%1], #8\n\t"
                     "vmladava.s16 %2, q0, q1\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : "+r"(x), "+l"(y), "+Te"(sum)
                     : "r"(count)
                     : "lr", "q0", "q1", "memory");
    return sum;
}

/* The same of four runs of weights, at `y`, which are added to `sums`. */
static inline void te_mve_dot_4_s16(const int16_t *x, const int8_t *const y[4], int32_t count,
                                    int32_t *sums)
{
    const int8_t *first = y[0];
    const int8_t *second = y[1];
    const int8_t *third = y[2];
    const int8_t *fourth = y[3];
    int32_t a = sums[0];
    int32_t b = sums[1];
    int32_t c = sums[2];
    int32_t d = sums[3];
    __asm__ volatile("wlstp.16 lr, %[count], 2f\n"
                     "1:\tvldrh.16 q0, [%[x]], #16\n\t"
                     "vldrb.s16 q1, [%[first]], #8\n\t"
                     "vmladava.s16 %[a], q0, q1\n\t"
                     "vldrb.s16 q2, [%[second]], #8\n\t"
                     "vmladava.s16 %[b], q0, q2\n\t"
                     "vldrb.s16 q1, [%[third]], #8\n\t"
                     "vmladava.s16 %[c], q0, q1\n\t"
                     "vldrb.s16 q2, [%[fourth]], #8\n\t"
                     "vmladava.s16 %[d], q0, q2\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : [x] "+r"(x), [first] "+l"(first), [second] "+l"(second), [third] "+l"(third),
                       [fourth] "+l"(fourth), [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d)
                     : [count] "r"(count)
                     : "lr", "q0", "q1", "q2", "memory");
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

#else

static inline int32_t te_mve_dot_s16(const int16_t *x, const int8_t *y, int32_t count, int32_t sum)
{
    for (int32_t i = 0; i < count; i++) {
        sum += x[i] * y[i];
    }
    return sum;
}

static inline void te_mve_dot_4_s16(const int16_t *x, const int8_t *const y[4], int32_t count,
                                    int32_t *sums)
{
    for (int32_t i = 0; i < 4; i++) {
        sums[i] = te_mve_dot_s16(x, y[i], count, sums[i]);
    }
}

#endif

/* The weights of four outputs from `first` on, each `step` bytes; the last one's stand in for those
 * that there are not.
 */
static inline void te_mve_find_4(const int8_t *weight, int32_t step, int32_t first, int32_t count,
                                 const int8_t **y)
{
    for (int32_t i = 0; i < 4; i++) {
        y[i] = weight + (first + i < count ? first + i : count - 1) * step;
    }
}

#endif
