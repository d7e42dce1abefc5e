/* Lookup of int8, four elements at a time. */
#include "te_lookup_dsp.h"

#include "te_dsp.h"

/* The results of the four elements of a word. */
static inline int32_t te_lookup_quad(const uint8_t *table, uint32_t quad)
{
    const uint32_t low = table[quad & 0xffU] | ((uint32_t)table[(quad >> 8) & 0xffU] << 8);
    const uint32_t high = table[(quad >> 16) & 0xffU] | ((uint32_t)table[quad >> 24] << 8);
    return (int32_t)(low | (high << 16));
}

TE_SHARED void te_lookup_s8_dsp(const te_lookup_params *op, te_src in, te_dst out, int32_t first,
                                int32_t last)
{
    const uint8_t *const table = (const uint8_t *)op->table;
    const int32_t row_bytes = op->row_bytes;
    for (int32_t row = first; row < last; row++) {
        const int8_t *from = te_src_row(in, row);
        int8_t *to = te_dst_row(out, row);
        const int8_t *const end = to + row_bytes;
        const int8_t *const quads = end - 3;
        while (to < quads) {
            te_store_s8x4(to, te_lookup_quad(table, (uint32_t)te_load_s8x4(from)));
            from += 4;
            to += 4;
        }
        while (to < end) {
            *to++ = (int8_t)table[(uint8_t)*from++];
        }
    }
}
