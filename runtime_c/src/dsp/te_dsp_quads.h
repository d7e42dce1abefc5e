/* Values of int8 as pairs of int16, and their products with weights of int8 by quads. */
#ifndef TE_DSP_QUADS_H
#define TE_DSP_QUADS_H

#include <string.h>

#include "te_dsp.h"

/* Two elements, at any address. */
static inline int32_t te_load_s16x2(const int16_t *from)
{
    int32_t pair;
    memcpy(&pair, from, sizeof pair);
    return pair;
}

static inline void te_store_s16x2(int16_t *to, int32_t pair)
{
    memcpy(to, &pair, sizeof pair);
}

/* Expands `count` values to pairs 0 and 2, and 1 and 3, of every four; the last are filled up with 0. */
static inline void te_quads_expand(const int8_t *values, int32_t count, int32_t *pairs)
{
    for (; count >= 4; count -= 4) {
        const int32_t quad = te_load_s8x4(values);
        *pairs++ = te_sxtb16(quad);
        *pairs++ = te_sxtb16_ror8(quad);
        values += 4;
    }
    if (count > 0) {
        int8_t rest[4] = {0};
        memcpy(rest, values, (size_t)count);
        *pairs++ = te_sxtb16(te_load_s8x4(rest));
        *pairs = te_sxtb16_ror8(te_load_s8x4(rest));
    }
}

/* Adds the products of four values and their weights of one gate. */
static inline int32_t te_quads_add(int32_t even, int32_t odd, const int8_t *weight, int32_t sum)
{
    const int32_t quad = te_load_s8x4(weight);
    return te_smlad(odd, te_sxtb16_ror8(quad), te_smlad(even, te_sxtb16(quad), sum));
}

#endif
