/* Choice between two operands, element by element. */
#ifndef TE_SELECT_H
#define TE_SELECT_H

#include "te_rows.h"

/* How far an operand advances: from image to image and from row to row in rows, from group to group
 * and from element to element in bytes. 0 broadcasts.
 */
typedef struct {
    int32_t image;
    int32_t row;
    int32_t group;
    int32_t element;
} te_select_steps;

/* An output row is `groups` groups of `elements` elements of `nbytes` bytes; row r is row
 * r % image_rows of image r / image_rows.
 */
typedef struct {
    int32_t image_rows;
    int32_t groups;
    int32_t elements;
    int32_t nbytes;
    te_select_steps condition;
    te_select_steps lhs;
    te_select_steps rhs;
} te_select_params;

/* out[i] = condition[i] ? lhs[i] : rhs[i]; the condition has a byte for each element.
 *
 * No scratch. Element progress: an operand of the output's size may share its place.
 */
void te_select_s8(const te_select_params *op, te_src condition, te_src lhs, te_src rhs, te_dst out,
                  int32_t first, int32_t last);

#endif
