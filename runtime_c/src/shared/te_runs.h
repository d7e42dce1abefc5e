/* Windows as runs of pixels that are summed up one after the other. */
#ifndef TE_RUNS_H
#define TE_RUNS_H

#include "te_window.h"

/* Where a window lies in its input: `rows` runs of `pixels` pixels, `gap` bytes from each to the
 * next, the first run being `at` bytes into the row that `walk` stands at.
 */
typedef struct {
    te_row_walk walk;
    int32_t at;
    int32_t rows;
    int32_t pixels;
    int32_t gap;
} te_runs;

/* The window as a single run where its rows follow each other without a gap or a wrap. */
static inline te_runs te_join_runs(te_runs runs, te_src in)
{
    const int32_t nbytes = runs.rows * in.row_bytes;
    if (runs.pixels * runs.gap == in.row_bytes && runs.walk.offset + nbytes <= runs.walk.end) {
        runs.pixels *= runs.rows;
        runs.rows = 1;
    }
    return runs;
}

#endif
