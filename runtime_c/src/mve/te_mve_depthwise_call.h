/* Depthwise convolution for MVE: finds the kernel rows of an output row, and expands their columns.
 *
 * Four rows of a column make a word of each of 16 channels.
 */
#ifndef TE_MVE_DEPTHWISE_CALL_H
#define TE_MVE_DEPTHWISE_CALL_H

#include "te_mve.h"
#include "te_mve_depthwise_conv2d.h"
#include "te_rows.h"

#define TE_MVE_LANES 16           /* channels expanded at a time */
#define TE_MVE_WORDS_NBYTES 64    /* a word of each lane */
#define TE_MVE_GREATEST_HEIGHT 16 /* of a kernel */

/* Rows of `lanes` channels to expand to words. Assembly reads the members by their places. */
typedef struct te_mve_depthwise_rows {
    const int8_t *from[4]; /* the first pixel of each row */
    int32_t step[4];       /* bytes from there to the next pixel's */
    int8_t *to;            /* words of 16 lanes; those of no channel become 0 */
    int32_t to_step;       /* bytes to the next pixel's */
    int32_t columns;       /* pixels, at least 1 */
    int32_t lanes;         /* in [1, 16] */
    int32_t next[4];       /* bytes to the same pixels of the next channels; done once expanded */
} te_mve_depthwise_rows;

/* What a call works with, and the kernel rows of an output row. */
typedef struct {
    const te_depthwise_conv2d_mve_params *op;
    te_src in;
    int32_t planes; /* words of a column of a channel */
    int32_t first;  /* the channel to expand columns from */
    const int8_t *from[TE_MVE_GREATEST_HEIGHT];
    int32_t is_inside[TE_MVE_GREATEST_HEIGHT]; /* 0 for a row of padding, one pixel for all */
    int8_t *padding;                           /* 16 bytes of the input's zero point */
    int8_t *columns; /* words of the columns of a strip, and 192 bytes behind */
} te_mve_depthwise_call;

/* Begins a call: `columns` are behind `padding`. */
void te_mve_depthwise_begin(te_mve_depthwise_call *call, const te_depthwise_conv2d_mve_params *op,
                            te_src in, int8_t *padding);

/* Finds `height` rows of the input from the first kernel row of output row `oh` on. */
void te_mve_depthwise_find(te_mve_depthwise_call *call, int32_t oh, int32_t height);

/* Prepares the expansion of `count` columns from column `iw` on to `columns`, and fills those outside
 * the input. Gives how many are inside.
 */
int32_t te_mve_depthwise_columns(const te_mve_depthwise_call *call, int32_t iw, int32_t count,
                                 int8_t *columns, te_mve_depthwise_rows *rows);

#endif
