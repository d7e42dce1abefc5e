/* The best boxes of a detector that do not overlap, with their classes and scores, portable C. */
#include "te_boxes.h"
#include "te_detection.h"
#include "te_heap.h"

#include <string.h>

enum { RANKS = 256, GUARD_BITS = 7, NONE = 0xffff };

typedef te_detection_post_process_params params;

/* Boxes by the rank of a score: the first of each rank, and what follows each. */
typedef struct {
    uint16_t *first;
    uint16_t *next;
} chains;

/* What has been found: `places` of each, the boxes with more bits than in the end. */
typedef struct {
    const int8_t *encodings;
    const int8_t *predictions; /* of the first class */
    te_box *boxes;
    int32_t *classes;
    int8_t *scores;
    uint16_t *order;
    int32_t taken;
} work;

static int32_t rank_of(const params *op, int8_t score)
{
    return (uint8_t)score ^ op->rank_flip;
}

static int32_t scaled(int32_t factor, int32_t size, int32_t shift)
{
    TE_ASSUME(shift > 0 && shift < 62);
    return (int32_t)(((int64_t)factor * size + ((int64_t)1 << (shift - 1))) >> shift);
}

static te_box decoded(const params *op, const work *w, int32_t index)
{
    const uint8_t *const code =
        (const uint8_t *)w->encodings + (size_t)index * (size_t)op->encoding_bytes;
    const int32_t *const anchor = op->anchors + 4 * (size_t)index;
    const int32_t y = anchor[0] + scaled(op->center_y[code[0]], anchor[2], op->center_shift);
    const int32_t x = anchor[1] + scaled(op->center_x[code[1]], anchor[3], op->center_shift);
    const int32_t h = scaled(op->half_h[code[2]], anchor[2], op->size_shift);
    const int32_t w_half = scaled(op->half_w[code[3]], anchor[3], op->size_shift);
    const te_box box = {{y - h, x - w_half}, {y + h, x + w_half}};
    return box;
}

/* The score by which a box counts: of `chosen`, or of its best class. */
static int32_t rank_at(const params *op, const work *w, int32_t index, int32_t chosen)
{
    const int8_t *const scores = w->predictions + (size_t)index * (size_t)op->prediction_bytes;
    int32_t best = 0;
    if (op->by_class) {
        return rank_of(op, scores[chosen]);
    }
    for (int32_t i = 0; i < op->classes; i++) {
        const int32_t rank = rank_of(op, scores[i]);
        best = rank > best ? rank : best;
    }
    return best;
}

static void chain(const params *op, const work *w, const chains *by_rank, int32_t chosen)
{
    memset(by_rank->first, 0xff, RANKS * sizeof *by_rank->first);
    for (int32_t i = op->boxes - 1; i >= 0; i--) {
        const int32_t rank = rank_at(op, w, i, chosen);
        by_rank->next[i] = by_rank->first[rank];
        by_rank->first[rank] = (uint16_t)i;
    }
}

/* Whether a box that has been taken, of `chosen` where classes take their own, overlaps too much. */
static int is_covered(const params *op, const work *w, const te_box *box, int32_t chosen)
{
    const int32_t step = op->by_class ? 1 : op->classes_each;
    for (int32_t i = 0; i < w->taken; i++) {
        const int32_t place = i * step;
        if ((!op->by_class || w->classes[place] == chosen) &&
            te_box_compare(box, &w->boxes[place], op->overlap) > 0) {
            return 1;
        }
    }
    return 0;
}

/* Put a box of a class where it belongs, behind equal scores; 0 if too many are better. */
static int insert(const params *op, work *w, const te_box *box, int32_t chosen, int8_t score)
{
    int32_t at = w->taken;
    while (at > 0 && rank_of(op, w->scores[at - 1]) < rank_of(op, score)) {
        at--;
    }
    if (at == op->most) {
        return 0;
    }
    w->taken += w->taken < op->most;
    for (int32_t i = w->taken - 1; i > at; i--) {
        w->boxes[i] = w->boxes[i - 1];
        w->classes[i] = w->classes[i - 1];
        w->scores[i] = w->scores[i - 1];
    }
    w->boxes[at] = *box;
    w->classes[at] = chosen;
    w->scores[at] = score;
    return 1;
}

/* The best classes of a box in w->order, `count` of them, as std::partial_sort leaves them. */
static void sort_classes(const params *op, const work *w, const int8_t *scores, int32_t count)
{
    const te_heap heap = {w->order, scores, (uint8_t)(op->rank_flip ^ 0xff)};
    for (int32_t i = 0; i < count; i++) {
        w->order[i] = (uint16_t)i;
    }
    for (int32_t parent = count / 2 - 1; parent >= 0; parent--) {
        te_heap_settle(&heap, parent, count, w->order[parent]);
    }
    for (int32_t i = count; i < op->classes; i++) {
        if (te_heap_key(&heap, i) < te_heap_key(&heap, w->order[0])) {
            te_heap_settle(&heap, 0, count, i);
        }
    }
    for (int32_t end = count - 1; end > 0; end--) {
        const int32_t top = w->order[0];
        te_heap_settle(&heap, 0, end, w->order[end]);
        w->order[end] = (uint16_t)top;
    }
}

/* Put a box with its best classes behind those that were taken; 0 if that was the last place. */
static int append(const params *op, work *w, const te_box *box, int32_t index)
{
    const int8_t *const scores = w->predictions + (size_t)index * (size_t)op->prediction_bytes;
    const int32_t each = op->classes_each < op->classes ? op->classes_each : op->classes;
    const int32_t place = w->taken * op->classes_each;
    sort_classes(op, w, scores, each);
    for (int32_t i = 0; i < each; i++) {
        w->boxes[place + i] = *box;
        w->classes[place + i] = w->order[i];
        w->scores[place + i] = scores[w->order[i]];
    }
    w->taken++;
    return w->taken < op->most;
}

/* Take boxes by falling score: of `chosen` where classes take their own. */
static void take(const params *op, work *w, const chains *by_rank, int32_t chosen)
{
    int32_t of_class = 0;
    for (int32_t rank = RANKS - 1; rank >= op->least; rank--) {
        for (int32_t i = by_rank->first[rank]; i != NONE; i = by_rank->next[i]) {
            const te_box box = decoded(op, w, i);
            if (is_covered(op, w, &box, chosen)) {
                continue;
            }
            if (!op->by_class) {
                if (!append(op, w, &box, i)) {
                    return;
                }
            } else if (!insert(op, w, &box, chosen, (int8_t)(uint8_t)(rank ^ op->rank_flip)) ||
                       ++of_class == op->most_of_class) {
                return;
            }
        }
    }
}

/* Bring the corners that were found to the bits of the output. */
static void round_boxes(const params *op, const work *w)
{
    for (int32_t i = 0; i < op->places; i++) {
        for (int32_t k = 0; k < 2; k++) {
            w->boxes[i].low[k] = (w->boxes[i].low[k] + (1 << (GUARD_BITS - 1))) >> GUARD_BITS;
            w->boxes[i].high[k] = (w->boxes[i].high[k] + (1 << (GUARD_BITS - 1))) >> GUARD_BITS;
        }
    }
}

TE_SHARED void te_detection_post_process_s8(const te_detection_post_process_params *op,
                                            te_src encodings, te_src predictions, te_dst boxes,
                                            te_dst classes, te_dst scores, te_dst count,
                                            int32_t first, int32_t last, void *scratch)
{
    uint16_t *const memory = (uint16_t *)scratch;
    const chains by_rank = {memory, memory + RANKS};
    work w = {
        .encodings = te_src_row(encodings, first),
        .predictions = te_src_row(predictions, first) + op->background,
        .boxes = (te_box *)(void *)te_dst_row(boxes, first),
        .classes = te_dst_row_s32(classes, first),
        .scores = te_dst_row(scores, first),
        .order = memory + RANKS + op->boxes,
        .taken = 0,
    };
    (void)last;
    memset(w.boxes, 0, (size_t)op->places * sizeof *w.boxes);
    memset(w.classes, 0, (size_t)op->places * sizeof *w.classes);
    memset(w.scores, op->zero, (size_t)op->places);
    for (int32_t chosen = 0; chosen < (op->by_class ? op->classes : 1); chosen++) {
        chain(op, &w, &by_rank, chosen);
        take(op, &w, &by_rank, chosen);
    }
    round_boxes(op, &w);
    te_dst_row_s32(count, first)[0] = w.taken;
}
