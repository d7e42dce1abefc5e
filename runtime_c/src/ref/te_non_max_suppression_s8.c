/* The best of given boxes that do not overlap, portable C. */
#include "te_boxes.h"
#include "te_detection.h"
#include "te_heap.h"

#include <string.h>

/* Box `index`, of any two opposite corners. */
static te_box box_at(const te_non_max_suppression_params *op, const int8_t *boxes, int32_t index)
{
    te_box box;
    for (int32_t i = 0; i < 2; i++) {
        const int32_t one = (uint8_t)boxes[4 * index + i] ^ op->box_flip;
        const int32_t other = (uint8_t)boxes[4 * index + 2 + i] ^ op->box_flip;
        box.low[i] = one < other ? one : other;
        box.high[i] = one < other ? other : one;
    }
    return box;
}

/* Whether one of the `taken` boxes overlaps box `index` too much. */
static int is_covered(const te_non_max_suppression_params *op, const int8_t *boxes, int32_t index,
                      const int32_t *indices, int32_t taken)
{
    const te_box box = box_at(op, boxes, index);
    for (int32_t i = 0; i < taken; i++) {
        const te_box other = box_at(op, boxes, indices[i]);
        if (te_box_compare(&box, &other, op->overlap) >= 0) {
            return 1;
        }
    }
    return 0;
}

TE_SHARED void te_non_max_suppression_s8(const te_non_max_suppression_params *op, te_src boxes,
                                         te_src scores, te_dst indices, te_dst best, te_dst count,
                                         int32_t first, int32_t last, void *scratch)
{
    const int8_t *const corners = te_src_row(boxes, first);
    const te_heap heap = {(uint16_t *)scratch, te_src_row(scores, first), op->rank_flip};
    int32_t *const to = te_dst_row_s32(indices, first);
    int8_t *const kept = te_dst_row(best, first);
    int32_t waiting = 0;
    int32_t taken = 0;
    int32_t most = 0;
    (void)last;
    for (int32_t i = 0; i < op->boxes; i++) {
        if (te_heap_key(&heap, i) >= op->least) {
            te_heap_raise(&heap, waiting, i, 0);
            waiting++;
        }
    }
    memset(to, 0, (size_t)op->most * sizeof *to);
    memset(kept, op->zero, (size_t)op->most);
    most = waiting < op->most ? waiting : op->most;
    while (waiting > 0 && taken < most) {
        const int32_t index = te_heap_pop(&heap, waiting);
        waiting--;
        if (!is_covered(op, corners, index, to, taken)) {
            to[taken] = index;
            kept[taken] = heap.bytes[index];
            taken++;
            te_heap_raise(&heap, waiting, index, 0); /* it covers itself, unless it has no area */
            waiting++;
        }
    }
    te_dst_row_s32(count, first)[0] = taken;
}
