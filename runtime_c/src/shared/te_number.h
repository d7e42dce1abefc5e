/* Integers of 1, 2, 4 and 8 bytes that stand for themselves, wherever they stand. */
#ifndef TE_NUMBER_H
#define TE_NUMBER_H

#include <stdint.h>
#include <string.h>

static inline int16_t te_load_s16(const int8_t *from)
{
    int16_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline int32_t te_load_s32(const int8_t *from)
{
    int32_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline int64_t te_load_s64(const int8_t *from)
{
    int64_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

#endif
