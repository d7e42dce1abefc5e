/* The sum of products of a run of int16 and one of int8. What widens bytes as it loads them has its
 * address in r0 to r7.
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

#else

static inline int32_t te_mve_dot_s16(const int16_t *x, const int8_t *y, int32_t count, int32_t sum)
{
    for (int32_t i = 0; i < count; i++) {
        sum += x[i] * y[i];
    }
    return sum;
}

#endif

#endif
