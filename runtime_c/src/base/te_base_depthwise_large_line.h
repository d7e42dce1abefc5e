/* One line of outputs of a depthwise convolution with windows five or seven wide, channel by channel.
 *
 * The zero point is taken off every input, so that what is padding adds nothing and is left out.
 */
#ifndef TE_BASE_DEPTHWISE_LARGE_LINE_H
#define TE_BASE_DEPTHWISE_LARGE_LINE_H

#include "te_base_depthwise_large.h"
#include "te_base_depthwise_line.h"

#define TE_LARGE_MOST_ROWS 7

/* What the assembly finds on the stack as it is here up to `row_step`, for two groups up to `second`, and registers' first values. */
typedef struct te_depthwise_large {
    int32_t pixel_step;
    int32_t weight_on;   /* from the end of a channel's rows to those of the next one */
    int32_t zero_point;  /* of the input */
    int32_t place;       /* for the assembly */
    int32_t rows_nbytes; /* weights of the rows inside the input */
    const int32_t *factors;
    int32_t centre; /* twice the output's zero point, plus 1 */
    int8_t *out;
    int32_t out_step;
    te_depthwise_step on;
    const int8_t *weight_end;
    int32_t row_step[TE_LARGE_MOST_ROWS]; /* to the next row, and 0 behind the last one */
    te_depthwise_step second;             /* from the first group to the second one */
    const int8_t *from;                   /* the first row inside the input */
    const int8_t *weight;
    const te_depthwise_conv2d_base_large_params *op;
    te_row_walk walk; /* for the twin in C: where the rows stand */
    te_taps rows;
    te_src in;
    int8_t *padded; /* likewise: room for them with their padding */
} te_depthwise_large;

#endif
