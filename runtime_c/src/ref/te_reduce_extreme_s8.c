/* Extremes of 8-bit elements, portable C. */
#define TE_ELEMENT int8_t
#define TE_BITS uint8_t
#include "te_reduce_extreme_rows.h"

TE_SHARED void te_reduce_extreme_s8(const te_reduce_extreme_params *op, te_src in, te_dst out,
                                    int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int32_t group = row / op->row_step;
        int32_t from = row % op->row_step + group * op->row_step * op->rows;
        for (int32_t i = 0; i < op->rows; i++) {
            take_row(op, te_src_row(in, from), te_dst_row(out, row), i == 0);
            from += op->row_step;
        }
    }
}
