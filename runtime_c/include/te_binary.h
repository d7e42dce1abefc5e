/* Binary operators: which elements of two operands meet under broadcasting.
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

#endif
