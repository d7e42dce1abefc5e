/* Binary operators: which elements of two operands meet under broadcasting, and the loop over them.
 *
 * An output row is `groups` groups of `elements` consecutive elements; row r is row r % image_rows
 * of image r / image_rows. A step says how far an operand advances from one image to the next (in
 * rows), from row to row (in rows), from group to group and from element to element (in bytes).
 * A step of 0 broadcasts.
 */
#ifndef TE_BINARY_H
#define TE_BINARY_H

#include "te_rows.h"

typedef struct {
    int32_t image_rows; /* output rows per image, at least 1 */
    int32_t groups;     /* groups per output row */
    int32_t elements;   /* elements per group */
    int32_t lhs_image;  /* steps of the left operand */
    int32_t lhs_row;
    int32_t lhs_group;
    int32_t lhs_element;
    int32_t rhs_image; /* steps of the right operand */
    int32_t rhs_row;
    int32_t rhs_group;
    int32_t rhs_element;
} te_pairs;

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
