/* One line of outputs of a depthwise convolution with windows 3x3, channel by channel.
 *
 * Columns of padding are the zero point in a register; a row of padding, which may be above or below
 * the input, adds the zero point times the sum of its weights to all outputs.
 */
#ifndef TE_BASE_DEPTHWISE_LINE_H
#define TE_BASE_DEPTHWISE_LINE_H

#include "te_assembly.h"
#include "te_base_depthwise_3x3.h"
#include "te_window.h"

/* Whether lines are computed in assembly, or by the twin in C. */
#if defined(__thumb2__) && defined(__GNUC__)
#define TE_LINE_IS_ASSEMBLY 1
#else
#define TE_LINE_IS_ASSEMBLY 0
#endif

/* Which rows of the windows are inside the input. */
#define TE_LINE_WHOLE 0
#define TE_LINE_TOP 1    /* all but the first one */
#define TE_LINE_BOTTOM 2 /* all but the last one */

/* Groups with padding on the left, without, and on the right; and none. */
#define TE_LINE_FIRST_GROUP 0
#define TE_LINE_MIDDLE_GROUP 1
#define TE_LINE_LAST_GROUP 2
#define TE_LINE_NO_GROUP 9

/* From where a group has come to in the output and the input, to the next one. */
typedef struct {
    int32_t out;
    int32_t in;
} te_depthwise_step;

/* What the assembly finds on the stack as it is here up to `rows`, for lines in groups up to `middle`,
 * and registers' first values.
 */
typedef struct te_depthwise_line {
    int32_t pixel_step;
    int32_t pixel_step_3; /* times 3 */
    int32_t zero_point;   /* of the input */
    int32_t row_step[2];  /* from where a row has come to, to the next one */
    const int32_t *factors;
    int32_t centre; /* twice the output's zero point, plus 1 */
    int8_t *out;
    int32_t out_step;
    te_depthwise_step on; /* from channel to channel */
    const int8_t *weight_end;
    int32_t rows;            /* TE_LINE_WHOLE, _TOP or _BOTTOM */
    te_depthwise_step first; /* from the first group, from one to the next, and to the last one */
    te_depthwise_step next;
    te_depthwise_step last;
    int32_t next_row[2];  /* `row_step` of groups between the first and the last one */
    int32_t steps[2];     /* three and five pixel steps, for these groups */
    int32_t middle;       /* how many they are */
    int32_t entries[4];   /* where the first group begins, one between, the last and the second one:
                           3 * rows, plus TE_LINE_FIRST_GROUP, _MIDDLE_GROUP or _LAST_GROUP; or
                           TE_LINE_NO_GROUP */
    const int8_t *from;   /* the first row inside the input */
    const int8_t *weight; /* a row before the weights at the bottom */
    const te_depthwise_conv2d_base_3x3_params *op;
    te_row_walk walk; /* for the twin in C: where the rows stand */
    te_src in;
    int8_t *padded; /* likewise: room for three rows with their padding */
} te_depthwise_line;

/* Elements of a row that the twin pads. */
static inline int32_t te_line_width(const te_depthwise_conv2d_base_3x3_params *op)
{
    return ((op->out_w + 3) / 4 * 4 - 1) * op->stride_w + 3;
}

/* From factors[0]. */
static inline int32_t te_depthwise_bias(int32_t bias_shift)
{
    return bias_shift >> 8;
}

static inline int32_t te_depthwise_shift(int32_t bias_shift)
{
    return (bias_shift & 0xff) + 2;
}

#endif
