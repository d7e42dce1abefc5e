/* A tensor with a part of it replaced, where an operand says. */
#ifndef TE_DYNAMIC_UPDATE_SLICE_H
#define TE_DYNAMIC_UPDATE_SLICE_H

#include "te_rows.h"

typedef struct {
    int32_t rank;          /* indices of `start`, for the last dimensions of [N, H, W, C] */
    int32_t sizes[4];      /* of the input and the output */
    int32_t updated[4];    /* of the update, none larger */
    int32_t element_bytes; /* of one element */
    int32_t is_64_bit;     /* indices are int64_t, else int32_t */
} te_dynamic_update_slice_params;

/* out = in, but update[i] at start + i; a start that is too far back or ahead is the nearest one that
 * is not. Rows of `start` are its only one.
 *
 * No scratch. Row progress; all of the update and of `start` is needed until the output is complete.
 */
void te_dynamic_update_slice_s8(const te_dynamic_update_slice_params *op, te_src in, te_src update,
                                te_src start, te_dst out, int32_t first, int32_t last);

#endif
