/* The results of an SVDF's filter over time. */
#ifndef TE_SVDF_OVER_TIME_H
#define TE_SVDF_OVER_TIME_H

#include <stdint.h>

/* Appends `newest` to a filter's results; gives the weighted sum of all, modulo 2^32. */
static inline uint32_t te_svdf_over_time(int16_t *results, const int16_t *weight, int32_t memory,
                                         int32_t newest)
{
    uint32_t sum = 0;
    for (int32_t i = 0; i + 1 < memory; i++) {
        results[i] = results[i + 1];
        sum += (uint32_t)(results[i] * weight[i]);
    }
    results[memory - 1] = (int16_t)newest;
    return sum + (uint32_t)(newest * weight[memory - 1]);
}

#endif
