/* Gathering: operators whose output bytes stand somewhere else in the input, in regular steps.
 *
 * Slices and transpositions differ only in their numbers. An output row is a nest of loops over
 * the input: TE_GATHER_LOOPS outer ones and an innermost run, which is one memcpy where its bytes
 * stand side by side.
 */
#ifndef TE_GATHER_H
#define TE_GATHER_H

#include "te_rows.h"

#define TE_GATHER_LOOPS 5

/* Where the bytes of every output row stand in the input. Steps may be negative. */
typedef struct {
    int32_t out_h;                    /* output rows per batch, at least 1 */
    int32_t first_row;                /* input row of the first output byte */
    int32_t first_byte;               /* and its place in that row */
    int32_t row_steps[2];             /* input rows per output batch and per output row */
    int32_t byte_steps[2];            /* bytes to add per output batch and per output row */
    int32_t counts[TE_GATHER_LOOPS];  /* rounds of each loop within a row, outermost first */
    int32_t strides[TE_GATHER_LOOPS]; /* input bytes from round to round */
    int32_t run;                      /* bytes of the innermost loop */
    int32_t run_stride;               /* input bytes from one of them to the next */
} te_gather_params;

#endif
