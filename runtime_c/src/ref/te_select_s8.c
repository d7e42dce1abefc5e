/* Choice between elements of whole bytes, portable C. */
#include "te_select.h"

/* An operand's elements in the output row `row`, which is row `oh` of image `image`. */
static const int8_t *row_of(te_src from, const te_select_steps *steps, int32_t image, int32_t oh)
{
    return te_src_row(from, image * steps->image + oh * steps->row);
}

TE_SHARED void te_select_s8(const te_select_params *op, te_src condition, te_src lhs, te_src rhs,
                            te_dst out, int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        const int32_t image = row / op->image_rows;
        const int32_t oh = row - image * op->image_rows;
        const int8_t *asked = row_of(condition, &op->condition, image, oh);
        const int8_t *left = row_of(lhs, &op->lhs, image, oh);
        const int8_t *right = row_of(rhs, &op->rhs, image, oh);
        int8_t *output = te_dst_row(out, row);
        for (int32_t group = 0; group < op->groups; group++) {
            const int8_t *c = asked + group * op->condition.group;
            const int8_t *l = left + group * op->lhs.group;
            const int8_t *r = right + group * op->rhs.group;
            for (int32_t element = 0; element < op->elements; element++) {
                const int8_t *from = *c ? l : r;
                for (int32_t byte = 0; byte < op->nbytes; byte++) {
                    *output++ = from[byte];
                }
                c += op->condition.element;
                l += op->lhs.element;
                r += op->rhs.element;
            }
        }
    }
}
