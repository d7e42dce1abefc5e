/* The loop of binary operators over the elements that meet. */
#ifndef TE_BINARY_ROWS_H
#define TE_BINARY_ROWS_H

#include "te_binary.h"

/* One output element from one element of each operand; `op` is the operator's own parameters. */
typedef int8_t (*te_binary_fn)(const void *op, int32_t lhs, int32_t rhs);

/* Compute output rows [first, last) with `function`; each element is written after it is read. */
static inline void te_binary_rows(const te_pairs *pairs, te_binary_fn function, const void *op,
                                  te_src lhs, te_src rhs, te_dst out, int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int32_t image = row / pairs->image_rows;
        const int32_t oh = row - image * pairs->image_rows;
        const int8_t *left = te_src_row(lhs, image * pairs->lhs_image + oh * pairs->lhs_row);
        const int8_t *right = te_src_row(rhs, image * pairs->rhs_image + oh * pairs->rhs_row);
        int8_t *output = te_dst_row(out, row);
        for (int32_t group = 0; group < pairs->groups; group++) {
            const int8_t *l = left + group * pairs->lhs_group;
            const int8_t *r = right + group * pairs->rhs_group;
            for (int32_t element = 0; element < pairs->elements; element++) {
                *output++ = function(op, *l, *r);
                l += pairs->lhs_element;
                r += pairs->rhs_element;
            }
        }
    }
}

#endif
