/* Comparison, portable C. */
#include "te_compare.h"

#include "te_number.h"
#include "te_requantize.h"

/* 0 where lhs is less than rhs, 1 where they are equal, 2 where it is greater. */
typedef int32_t (*te_order_fn)(const te_compare_params *op, const int8_t *lhs, const int8_t *rhs);

static inline int32_t order(int32_t lhs, int32_t rhs)
{
    return (lhs > rhs) - (lhs < rhs) + 1;
}

static inline int32_t order_reals(const te_compare_params *op, int32_t lhs, int32_t rhs)
{
    const int32_t l = (lhs - op->lhs_zero_point) * 256;
    const int32_t r = (rhs - op->rhs_zero_point) * 256;
    return order(te_requantize(l, op->lhs_multiplier, op->lhs_shift),
                 te_requantize(r, op->rhs_multiplier, op->rhs_shift));
}

static inline int32_t order_scaled(const te_compare_params *op, const int8_t *lhs,
                                   const int8_t *rhs)
{
    return order_reals(op, *lhs, *rhs);
}

static inline int32_t order_scaled_s16(const te_compare_params *op, const int8_t *lhs,
                                       const int8_t *rhs)
{
    return order_reals(op, te_load_s16(lhs), te_load_s16(rhs));
}

static inline int32_t order_s8(const te_compare_params *op, const int8_t *lhs, const int8_t *rhs)
{
    (void)op;
    return order(*lhs, *rhs);
}

static inline int32_t order_s16(const te_compare_params *op, const int8_t *lhs, const int8_t *rhs)
{
    (void)op;
    return order(te_load_s16(lhs), te_load_s16(rhs));
}

static inline int32_t order_s32(const te_compare_params *op, const int8_t *lhs, const int8_t *rhs)
{
    (void)op;
    return order(te_load_s32(lhs), te_load_s32(rhs));
}

static inline int32_t order_s64(const te_compare_params *op, const int8_t *lhs, const int8_t *rhs)
{
    (void)op;
    const int64_t l = te_load_s64(lhs);
    const int64_t r = te_load_s64(rhs);
    return (l > r) - (l < r) + 1;
}

static inline void compare_rows(const te_compare_params *op, te_order_fn order_of, te_src lhs,
                                te_src rhs, te_dst out, int32_t first, int32_t last)
{
    const te_pairs *pairs = &op->pairs;
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
                *output++ = (int8_t)(op->holds >> order_of(op, l, r) & 1);
                l += pairs->lhs_element;
                r += pairs->rhs_element;
            }
        }
    }
}

TE_SHARED void te_compare_s8(const te_compare_params *op, te_src lhs, te_src rhs, te_dst out,
                             int32_t first, int32_t last)
{
    switch (op->elements) {
    case TE_COMPARE_S8:
        compare_rows(op, order_s8, lhs, rhs, out, first, last);
        break;
    case TE_COMPARE_S16:
        compare_rows(op, order_s16, lhs, rhs, out, first, last);
        break;
    case TE_COMPARE_SCALED_S16:
        compare_rows(op, order_scaled_s16, lhs, rhs, out, first, last);
        break;
    case TE_COMPARE_S32:
        compare_rows(op, order_s32, lhs, rhs, out, first, last);
        break;
    case TE_COMPARE_S64:
        compare_rows(op, order_s64, lhs, rhs, out, first, last);
        break;
    default:
        compare_rows(op, order_scaled, lhs, rhs, out, first, last);
        break;
    }
}
