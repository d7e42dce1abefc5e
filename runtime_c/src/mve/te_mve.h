/* The vector extension MVE of Armv8.1-M, integers only, and what kernels that use it share.
 *
 * Where the compiler targets the extension these are a few instructions each; elsewhere a portable
 * twin gives the same result, so that the same kernel runs on the host. Vectors of bytes need no
 * alignment, those of words that of a word. Source of what the instructions do: Armv8-M Architecture
 * Reference Manual (DDI0553), C2.4 "Alphabetical list of instructions".
 */
#ifndef TE_MVE_H
#define TE_MVE_H

#include "te_assembly.h"

#include <stddef.h>
#include <stdint.h>

#if defined(__ARM_FEATURE_MVE)
#define TE_HAS_MVE 1
#else
#define TE_HAS_MVE 0
#endif

/* How sums become outputs: the product is rounded, too, and halves go up or away from zero; or only
 * the output is, halves up.
 */
typedef enum { TE_MVE_TWICE_UP, TE_MVE_TWICE_SIGNED, TE_MVE_ONCE } te_mve_way;

/* What VQRDMULH or VQDMULH by `multiplier` and then VRSHL by `shift`, at most 0, give. */
static inline int32_t te_mve_requantize(int32_t sum, int32_t multiplier, int32_t shift,
                                        te_mve_way way)
{
    const int64_t first_half = way == TE_MVE_ONCE ? 0 : INT64_C(1) << 30;
    const int32_t scaled = (int32_t)(((int64_t)sum * multiplier + first_half) >> 31);
    const int64_t down = way == TE_MVE_TWICE_SIGNED && scaled < 0;
    const int64_t half = shift < 0 ? INT64_C(1) << (-shift - 1) : 0;
    return (int32_t)((scaled - down + half) >> -shift);
}

#if TE_HAS_MVE

/* Copies `count` >= 0 bytes. */
static inline void te_mve_copy(int8_t *to, const int8_t *from, int32_t count)
{
    __asm__ volatile("wlstp.8 lr, %2, 2f\n"
                     "1:\tvldrb.8 q0, [%1], #16\n\t"
                     "vstrb.8 q0, [%0], #16\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : "+r"(to), "+r"(from)
                     : "r"(count)
                     : "lr", "q0", "memory");
}

/* Sets `count` >= 0 bytes. */
static inline void te_mve_fill(int8_t *to, int32_t value, int32_t count)
{
    __asm__ volatile("vdup.8 q0, %1\n\t"
                     "wlstp.8 lr, %2, 2f\n"
                     "1:\tvstrb.8 q0, [%0], #16\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : "+r"(to)
                     : "r"(value), "r"(count)
                     : "lr", "q0", "memory");
}

#else

static inline void te_mve_copy(int8_t *to, const int8_t *from, int32_t count)
{
    __builtin_memcpy(to, from, (size_t)count);
}

static inline void te_mve_fill(int8_t *to, int32_t value, int32_t count)
{
    __builtin_memset(to, value, (size_t)count);
}

#endif

#endif
