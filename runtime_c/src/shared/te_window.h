/* Windows: which taps of a window lie inside the input, and how to step from row to row of a ring.
 */
#ifndef TE_WINDOW_H
#define TE_WINDOW_H

#include "te_rows.h"

/* The taps [first, last) of a window that lie inside the input along one dimension. */
typedef struct {
    int32_t first;
    int32_t last;
} te_taps;

/* Clips a window of `count` taps, `step` apart, whose tap 0 is at `origin`, to [0, size).
 * Divides only where the window reaches over a border.
 */
static inline te_taps te_clip_taps(int32_t origin, int32_t step, int32_t count, int32_t size)
{
    te_taps taps = {0, count};
    if (origin < 0) {
        const int32_t before = (step - 1 - origin) / step;
        taps.first = before < count ? before : count;
    }
    if (origin + (count - 1) * step >= size) {
        taps.last = origin < size ? (size - origin + step - 1) / step : 0;
    }
    if (taps.last < taps.first) {
        taps.last = taps.first;
    }
    return taps;
}

/* A position in a ring of rows, in bytes from its base. */
typedef struct {
    int32_t offset;
    int32_t step;
    int32_t end;
} te_row_walk;

/* Starts at `row` and goes `step` rows at a time. The ring must hold all rows from `row` on that
 * the caller reads. Where it reads none, `row` may be any.
 */
static inline te_row_walk te_walk_rows(te_src src, int32_t row, int32_t step)
{
    const int32_t start = row > 0 ? te_ring_index(row, src.rows) : 0;
    const te_row_walk walk = {start * src.row_bytes, step * src.row_bytes,
                              src.rows * src.row_bytes};
    return walk;
}

/* The row where `walk` stands, as int16. */
static inline const int16_t *te_walk_row_s16(te_src src, te_row_walk walk)
{
    return (const int16_t *)(const void *)((const int8_t *)src.base + walk.offset);
}

static inline void te_walk_on(te_row_walk *walk)
{
    walk->offset += walk->step;
    if (walk->offset >= walk->end) {
        walk->offset -= walk->end;
    }
}

#endif
