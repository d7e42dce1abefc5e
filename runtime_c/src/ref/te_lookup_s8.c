/* Lookup of int8, portable C. */
#include "te_lookup.h"

TE_SHARED void te_lookup_s8(const te_lookup_params *op, te_src in, te_dst out, int32_t first,
                            int32_t last)
{
    const int8_t *const table = op->table;
    const int32_t row_bytes = op->row_bytes;
    for (int32_t row = first; row < last; row++) {
        const int8_t *const in_row = te_src_row(in, row);
        int8_t *const out_row = te_dst_row(out, row);
        for (int32_t i = 0; i < row_bytes; i++) {
            out_row[i] = table[(uint8_t)in_row[i]];
        }
    }
}
