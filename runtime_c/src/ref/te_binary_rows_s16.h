/* The loop of binary operators of int16 over the elements that meet; steps are in elements. */
#ifndef TE_BINARY_ROWS_S16_H
#define TE_BINARY_ROWS_S16_H

#include "te_binary.h"

/* One output element from one element of each operand; `op` is the operator's own parameters. */
typedef int16_t (*te_binary_s16_fn)(const void *op, int32_t lhs, int32_t rhs);

/* Compute output rows [first, last) with `function`; each element is written after it is read. */
static inline void te_binary_rows_s16(const te_pairs *pairs, te_binary_s16_fn function,
                                      const void *op, te_src lhs, te_src rhs, te_dst out,
                                      int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int32_t image = row / pairs->image_rows;
        const int32_t oh = row - image * pairs->image_rows;
        const int16_t *left = te_src_row_s16(lhs, image * pairs->lhs_image + oh * pairs->lhs_row);
        const int16_t *right = te_src_row_s16(rhs, image * pairs->rhs_image + oh * pairs->rhs_row);
        int16_t *output = te_dst_row_s16(out, row);
        for (int32_t group = 0; group < pairs->groups; group++) {
            const int16_t *l = left + group * pairs->lhs_group;
            const int16_t *r = right + group * pairs->rhs_group;
            for (int32_t element = 0; element < pairs->elements; element++) {
                *output++ = function(op, *l, *r);
                l += pairs->lhs_element;
                r += pairs->rhs_element;
            }
        }
    }
}

#endif
