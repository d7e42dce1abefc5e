/* Integers in another type, portable C. */
#include "te_cast.h"

#include "te_number.h"

/* Reads the element at `from` into `value`; gives the place of the next one. */
static const int8_t *get(const int8_t *from, uint8_t type, int64_t *value)
{
    switch (type) {
    case TE_CAST_BOOL:
        *value = *from != 0;
        return from + 1;
    case TE_CAST_U8:
        *value = (uint8_t)*from;
        return from + 1;
    case TE_CAST_S8:
        *value = *from;
        return from + 1;
    case TE_CAST_S16:
        *value = te_load_s16(from);
        return from + 2;
    case TE_CAST_S32:
        *value = te_load_s32(from);
        return from + 4;
    case TE_CAST_U32:
        *value = (uint32_t)te_load_s32(from);
        return from + 4;
    default:
        *value = te_load_s64(from);
        return from + 8;
    }
}

/* Writes `value` to `to`, as much of it as the type holds; gives the place of the next one. */
static int8_t *put(int8_t *to, uint8_t type, int64_t value)
{
    const int16_t half = (int16_t)value;
    const int32_t word = (int32_t)value;
    switch (type) {
    case TE_CAST_BOOL:
        *to = value != 0;
        return to + 1;
    case TE_CAST_U8:
    case TE_CAST_S8:
        *to = (int8_t)value;
        return to + 1;
    case TE_CAST_S16:
        memcpy(to, &half, sizeof half);
        return to + sizeof half;
    case TE_CAST_S32:
    case TE_CAST_U32:
        memcpy(to, &word, sizeof word);
        return to + sizeof word;
    default:
        memcpy(to, &value, sizeof value);
        return to + sizeof value;
    }
}

TE_SHARED void te_cast_s8(const te_cast_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int8_t *input = te_src_row(in, row);
        int8_t *output = te_dst_row(out, row);
        for (int32_t i = 0; i < op->row_elements; i++) {
            int64_t value;
            input = get(input, op->from, &value);
            output = put(output, op->to, value);
        }
    }
}
