/* A heap of indices of bytes, of equal ones in the order of the GNU C++ library.
 *
 * The reference leaves it to that library's std::priority_queue and std::partial_sort which of equal
 * scores comes first. Source: GNU libstdc++, bits/stl_heap.h.
 */
#ifndef TE_HEAP_H
#define TE_HEAP_H

#include <stdint.h>

typedef struct {
    uint16_t *items;
    const int8_t *bytes; /* what the indices are of */
    uint8_t flip;        /* bits that make unsigned keys of them: the top has the greatest */
} te_heap;

static inline int32_t te_heap_key(const te_heap *heap, int32_t index)
{
    return (uint8_t)heap->bytes[index] ^ heap->flip;
}

/* Let the hole rise, not above `top`, to where no parent is less than `value`, and fill it. */
static inline void te_heap_raise(const te_heap *heap, int32_t hole, int32_t value, int32_t top)
{
    const int32_t key = te_heap_key(heap, value);
    while (hole > top && te_heap_key(heap, heap->items[(hole - 1) / 2]) < key) {
        heap->items[hole] = heap->items[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    heap->items[hole] = (uint16_t)value;
}

/* Let the hole sink to the bottom of `count` items, the greater child into it each time, and let
 * `value` rise from there.
 */
static inline void te_heap_settle(const te_heap *heap, int32_t hole, int32_t count, int32_t value)
{
    const int32_t top = hole;
    int32_t child = 2 * hole + 2;
    while (child < count) {
        const int32_t left = te_heap_key(heap, heap->items[child - 1]);
        child -= te_heap_key(heap, heap->items[child]) < left;
        heap->items[hole] = heap->items[child];
        hole = child;
        child = 2 * child + 2;
    }
    if (child == count) {
        heap->items[hole] = heap->items[child - 1];
        hole = child - 1;
    }
    te_heap_raise(heap, hole, value, top);
}

/* Take the first of `count` items out. */
static inline int32_t te_heap_pop(const te_heap *heap, int32_t count)
{
    const int32_t first = heap->items[0];
    if (count > 1) {
        te_heap_settle(heap, 0, count - 1, heap->items[count - 1]);
    }
    return first;
}

#endif
