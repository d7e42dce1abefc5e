/* Weights of int8 as the dot products of cores without DSP read them. */
#ifndef TE_BASE_WEIGHTS
#define TE_BASE_WEIGHTS

#include <stdint.h>

/* Thumb-1: the weight r7 of r1 to r4. */
#define TE_T1_EVEN "ldrsb r4, [r1, r7]\n\tadds r7, #1\n\t"
#define TE_T1_ODD TE_T1_EVEN
#define TE_T1_SINGLE_EVEN TE_T1_EVEN
#define TE_T1_SINGLE_ODD TE_T1_EVEN

/* Thumb-2: the next weight of r0 to r6. */
#define TE_T2_EVEN "ldrsb r6, [r0], #1\n\t"
#define TE_T2_ODD TE_T2_EVEN

/* Gives weight `tap` of a chunk. */
static inline int32_t te_base_weight(const int8_t *chunk, int32_t tap)
{
    return chunk[tap];
}

/* Gives the bytes of that many taps. */
static inline int32_t te_base_weight_nbytes(int32_t taps)
{
    return taps;
}

#endif
