/* Streamed input: rows come from the caller, one at a time and in order. */
#ifndef TE_READ_ROWS_H
#define TE_READ_ROWS_H

#include "te_rows.h"

/* Writes row `row` of the input to `to`, all of its bytes. Rows are asked for once each, from 0 on.
 * Returns 0, or what the run shall return instead of a result: no further row is asked for then. */
typedef int (*te_read_row)(void *context, int32_t row, int8_t *to);

/* Where the rows come from, and the first result of `read_row` that was not 0. */
typedef struct {
    te_read_row read_row;
    void *context;
    int status;
} te_reader;

/* Read rows [first, last) into `out`. After a failure the rows keep what they hold. */
void te_read_rows(te_reader *reader, te_dst out, int32_t first, int32_t last);

#endif
