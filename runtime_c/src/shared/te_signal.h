/* What kernels of sound share: cutting to 16 bits, clamping, moving samples. */
#ifndef TE_SIGNAL_H
#define TE_SIGNAL_H

#include <string.h>

#include "te_rows.h"

static inline int16_t te_clamp_s16(int32_t value)
{
    return (int16_t)(value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value);
}

static inline void te_copy_s16(int16_t *to, const int16_t *from, int32_t count)
{
    memcpy(to, from, (uint32_t)count * sizeof *to);
}

/* Takes `by` elements away from the front of [count]. */
static inline void te_drop_s16(int16_t *values, int32_t count, int32_t by)
{
    for (int32_t i = by; i < count; i++) {
        values[i - by] = values[i];
    }
}

static inline const uint32_t *te_src_row_u32(te_src src, int32_t row)
{
    return (const uint32_t *)te_src_row_s32(src, row);
}

static inline uint32_t *te_dst_row_u32(te_dst dst, int32_t row)
{
    return (uint32_t *)te_dst_row_s32(dst, row);
}

/* Bits of a number without its leading zeros: 0 of 0, 32 of 2^31 and more. */
static inline int32_t te_bit_length(uint32_t value)
{
    int32_t bits = 0;
    for (int32_t step = 16; step > 0; step /= 2) {
        if (value >> step) {
            value >>= step;
            bits += step;
        }
    }
    return bits + (int32_t)value;
}

#endif
