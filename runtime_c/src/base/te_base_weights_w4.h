/* Weights of 4 bits as the dot products of cores without DSP read them: two taps of a chunk in a byte,
 * the first in its lower half.
 */
#ifndef TE_BASE_WEIGHTS
#define TE_BASE_WEIGHTS

#include <stdint.h>

/* Thumb-1: the halves of byte r7 of r1 to r4; of one pair of pixels by way of r6, which is free then. */
#define TE_T1_EVEN "ldrsb r4, [r1, r7]\n\tlsls r4, #28\n\tasrs r4, #28\n\t"
#define TE_T1_ODD "ldrsb r4, [r1, r7]\n\tasrs r4, #4\n\tadds r7, #1\n\t"
#define TE_T1_SINGLE_EVEN                                                                          \
    "ldrsb r6, [r1, r7]\n\tadds r7, #1\n\tlsls r4, r6, #28\n\tasrs r4, #28\n\t"
#define TE_T1_SINGLE_ODD "asrs r4, r6, #4\n\t"

/* Thumb-2: the halves of the next byte of r0 to r6. */
#define TE_T2_EVEN "ldrsb r6, [r0]\n\tsbfx r6, r6, #0, #4\n\t"
#define TE_T2_ODD "ldrsb r6, [r0], #1\n\tasrs r6, r6, #4\n\t"

/* Gives weight `tap` of a chunk. */
static inline int32_t te_base_weight(const int8_t *chunk, int32_t tap)
{
    const int32_t byte = chunk[(uint32_t)tap / 2U];
    return tap % 2 == 0 ? (int8_t)(uint8_t)((uint32_t)byte << 4) >> 4 : byte >> 4;
}

/* Gives the bytes of an even number of taps. */
static inline int32_t te_base_weight_nbytes(int32_t taps)
{
    return (int32_t)((uint32_t)taps / 2U);
}

#endif
