/* Binary operators under broadcasting for every core: an operand that stays the same within a group
 * is prepared once for all of it.
 */
#ifndef TE_BASE_PAIRS_H
#define TE_BASE_PAIRS_H

#include "te_base.h"
#include "te_binary.h"

/* What a byte of an operand becomes before the two meet; `op` is the operator's own parameters. */
typedef int32_t (*te_base_prepare)(const void *op, int32_t byte);

/* One output element, not yet clamped to less than int8, of two prepared operands. */
typedef int8_t (*te_base_meet)(const void *op, int32_t lhs, int32_t rhs);

typedef struct {
    te_base_prepare lhs;
    te_base_prepare rhs;
    te_base_meet meet;
} te_base_steps;

/* A group of elements; each is written after it is read. */
static inline void te_base_group(const te_pairs *pairs, te_base_steps steps, const void *op,
                                 const int8_t *l, const int8_t *r, int8_t *to)
{
    const int8_t *const end = to + pairs->elements;
    if (pairs->rhs_element == 0) {
        const int32_t right = steps.rhs(op, *r);
        for (; to != end; l += pairs->lhs_element) {
            *to++ = steps.meet(op, steps.lhs(op, *l), right);
        }
    } else if (pairs->lhs_element == 0) {
        const int32_t left = steps.lhs(op, *l);
        for (; to != end; r += pairs->rhs_element) {
            *to++ = steps.meet(op, left, steps.rhs(op, *r));
        }
    } else {
        while (to != end) {
            *to++ = steps.meet(op, steps.lhs(op, *l++), steps.rhs(op, *r++));
        }
    }
}

/* Output rows [first, last), clamped to [act_min, act_max]. */
static inline void te_base_pairs(const te_pairs *pairs, te_base_steps steps, const void *op,
                                 te_src lhs, te_src rhs, te_dst out, int32_t first, int32_t last,
                                 int32_t act_min, int32_t act_max)
{
    for (int32_t row = first; row < last; row++) {
        const int32_t image = row / pairs->image_rows;
        const int32_t oh = row - image * pairs->image_rows;
        const int8_t *l = te_src_row(lhs, image * pairs->lhs_image + oh * pairs->lhs_row);
        const int8_t *r = te_src_row(rhs, image * pairs->rhs_image + oh * pairs->rhs_row);
        int8_t *const output = te_dst_row(out, row);
        for (int32_t group = 0; group < pairs->groups; group++) {
            te_base_group(pairs, steps, op, l, r, output + group * pairs->elements);
            l += pairs->lhs_group;
            r += pairs->rhs_group;
        }
        te_base_clamp(output, pairs->groups * pairs->elements, act_min, act_max);
    }
}

#endif
