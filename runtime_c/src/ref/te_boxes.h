/* Boxes as corners: least y and x, greatest y and x. */
#ifndef TE_BOXES_H
#define TE_BOXES_H

#include <stdint.h>

typedef struct {
    int32_t low[2];
    int32_t high[2];
} te_box;

/* Sides are below 2^31, and so areas below 2^62. */
static inline uint64_t te_box_area(const te_box *box)
{
    const int64_t h = (int64_t)box->high[0] - box->low[0];
    const int64_t w = (int64_t)box->high[1] - box->low[1];
    return (uint64_t)(h * w);
}

/* The area that two boxes have in common. */
static inline uint64_t te_box_common(const te_box *box, const te_box *other)
{
    uint64_t area = 1;
    for (int32_t i = 0; i < 2; i++) {
        const int32_t low = box->low[i] > other->low[i] ? box->low[i] : other->low[i];
        const int32_t high = box->high[i] < other->high[i] ? box->high[i] : other->high[i];
        if (high <= low) {
            return 0;
        }
        area *= (uint64_t)((int64_t)high - low);
    }
    return area;
}

/* How the part of a union that is common compares with `overlap` times 2^-31: below 0, 0 or above.
 * Nothing is divided: common * 2^31 and overlap * union are compared in 96 bits. Boxes
 * without area have nothing in common.
 */
static inline int te_box_compare(const te_box *box, const te_box *other, uint32_t overlap)
{
    const uint64_t common = te_box_common(box, other);
    const uint64_t whole = te_box_area(box) + te_box_area(other) - common;
    const uint64_t low = (whole & 0xffffffffU) * overlap;
    const uint64_t high = (whole >> 32) * overlap + (low >> 32);
    const uint64_t common_high = common >> 1;
    const uint32_t common_low = (uint32_t)(common & 1U) << 31;
    if (common == 0) {
        return -1;
    }
    if (common_high != high) {
        return common_high < high ? -1 : 1;
    }
    return common_low < (uint32_t)low ? -1 : common_low > (uint32_t)low;
}

#endif
