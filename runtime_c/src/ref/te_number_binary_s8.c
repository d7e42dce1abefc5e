/* Two integers that stand for themselves, portable C. */
#include "te_number_binary.h"

#include "te_number.h"

/* Writes one output element from one element of each operand. */
typedef void (*te_number_fn)(int32_t function, const int8_t *lhs, const int8_t *rhs, int8_t *out);

static inline void put_s8(int32_t function, const int8_t *lhs, const int8_t *rhs, int8_t *out)
{
    const int is_less = *lhs < *rhs;
    *out = is_less == (function == TE_NUMBER_MINIMUM) ? *lhs : *rhs;
}

/* Whether the remainder `rest` of a division by `r` towards 0 lies on the other side of 0. */
static inline int is_beyond(int32_t rest, int32_t r)
{
    return rest != 0 && (rest < 0) != (r < 0);
}

/* l divided by r, which is not 0. */
static inline uint32_t divided(int32_t function, int32_t l, int32_t r)
{
    if (r == -1) { /* the least integer has no opposite */
        return function == TE_NUMBER_FLOOR_MOD ? 0 : 0 - (uint32_t)l;
    }
    const int32_t rest = l % r;
    if (function == TE_NUMBER_FLOOR_MOD) {
        return (uint32_t)(is_beyond(rest, r) ? rest + r : rest);
    }
    return (uint32_t)(l / r - (function == TE_NUMBER_FLOOR_DIV && is_beyond(rest, r)));
}

static inline void put_s32(int32_t function, const int8_t *lhs, const int8_t *rhs, int8_t *out)
{
    const int32_t l = te_load_s32(lhs);
    const int32_t r = te_load_s32(rhs);
    uint32_t value;
    switch (function) {
    case TE_NUMBER_ADD:
        value = (uint32_t)l + (uint32_t)r;
        break;
    case TE_NUMBER_SUB:
        value = (uint32_t)l - (uint32_t)r;
        break;
    case TE_NUMBER_MUL:
        value = (uint32_t)l * (uint32_t)r;
        break;
    case TE_NUMBER_MINIMUM:
        value = (uint32_t)(l < r ? l : r);
        break;
    case TE_NUMBER_MAXIMUM:
        value = (uint32_t)(l > r ? l : r);
        break;
    default:
        value = divided(function, l, r);
        break;
    }
    memcpy(out, &value, sizeof value);
}

static inline void put_s64(int32_t function, const int8_t *lhs, const int8_t *rhs, int8_t *out)
{
    const int64_t l = te_load_s64(lhs);
    const int64_t r = te_load_s64(rhs);
    uint64_t value;
    switch (function) {
    case TE_NUMBER_ADD:
        value = (uint64_t)l + (uint64_t)r;
        break;
    case TE_NUMBER_SUB:
        value = (uint64_t)l - (uint64_t)r;
        break;
    case TE_NUMBER_MUL:
        value = (uint64_t)l * (uint64_t)r;
        break;
    case TE_NUMBER_MINIMUM:
        value = (uint64_t)(l < r ? l : r);
        break;
    default:
        value = (uint64_t)(l > r ? l : r);
        break;
    }
    memcpy(out, &value, sizeof value);
}

static inline void number_rows(const te_number_binary_params *op, te_number_fn put, te_src lhs,
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
                put(op->function, l, r, output);
                output += op->nbytes;
                l += pairs->lhs_element;
                r += pairs->rhs_element;
            }
        }
    }
}

TE_SHARED void te_number_binary_s8(const te_number_binary_params *op, te_src lhs, te_src rhs,
                                   te_dst out, int32_t first, int32_t last)
{
    switch (op->nbytes) {
    case 1:
        number_rows(op, put_s8, lhs, rhs, out, first, last);
        break;
    case 4:
        number_rows(op, put_s32, lhs, rhs, out, first, last);
        break;
    default:
        number_rows(op, put_s64, lhs, rhs, out, first, last);
        break;
    }
}
