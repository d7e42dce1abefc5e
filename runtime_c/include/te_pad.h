/* Pad: a tensor surrounded by a constant. */
#ifndef TE_PAD_H
#define TE_PAD_H

#include "te_rows.h"

#include <stdint.h>

#define TE_PAD_LOOPS 5

/* Where the input stands in the output. */
typedef struct {
    int32_t out_h;                 /* output rows per batch, at least 1 */
    int32_t in_h;                  /* input rows per batch */
    int32_t first_n;               /* output batches before the input's first */
    int32_t in_n;                  /* input batches */
    int32_t top;                   /* output rows before the input's first, per batch */
    int32_t row_bytes;             /* bytes of an output row */
    int32_t first_byte;            /* place of the input row's first byte in the output row */
    int32_t counts[TE_PAD_LOOPS];  /* rounds of each loop within a row, outermost first */
    int32_t strides[TE_PAD_LOOPS]; /* output bytes from round to round */
    int32_t run;                   /* input bytes that stand side by side in the output */
    int32_t value;                 /* the constant, [-128, 255]: the byte is its low 8 bits */
} te_pad_params;

/* out[i, j, ...] = in[i - before_0, j - before_1, ...] where that exists, else the constant
 *
 * For elements of whole bytes, of any dimensions up to rank 6; above rank 4 a tensor is one row.
 * An output row reads the input row that it surrounds, or none. No scratch. Row progress: an input
 * row may be overwritten once the output row that reads it is done.
 */
void te_pad_s8(const te_pad_params *op, te_src in, te_dst out, int32_t first, int32_t last);

#endif
