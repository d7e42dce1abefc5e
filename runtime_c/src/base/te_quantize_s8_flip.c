/* Bytes of uint8 as the int8 values that are 128 less, and back. */
#include "te_quantize_flip.h"

#include <string.h>

#define TE_TOP_BITS 0x80808080u

/* Flips the top bits of `count` aligned words. */
static void te_flip_words(const uint32_t *from, uint32_t *to, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, from + i, sizeof word);
        word ^= TE_TOP_BITS;
        memcpy(to + i, &word, sizeof word);
    }
}

TE_SHARED void te_quantize_s8_flip(const te_quantize_flip_params *op, te_src in, te_dst out,
                                   int32_t first, int32_t last)
{
    const int32_t row_bytes = op->row_bytes;
    for (int32_t row = first; row < last; row++) {
        const int8_t *const from = te_src_row(in, row);
        int8_t *const to = te_dst_row(out, row);
        int32_t i = 0;
        if ((((uintptr_t)from | (uintptr_t)to) & 3u) == 0) {
            te_flip_words((const uint32_t *)(const void *)from, (uint32_t *)(void *)to,
                          row_bytes / 4);
            i = row_bytes / 4 * 4;
        }
        for (; i < row_bytes; i++) {
            to[i] = (int8_t)(from[i] ^ INT8_MIN);
        }
    }
}
