/* Fully connected operator for cores without the DSP extension, two outputs to a multiplication. */
#ifndef TE_BASE_FULLY_CONNECTED_PAIRS_H
#define TE_BASE_FULLY_CONNECTED_PAIRS_H

#include "te_mend.h"
#include "te_rows.h"

typedef struct {
    int32_t in_c;          /* elements of an input row */
    int32_t out_c;         /* elements of an output row */
    int32_t weight_offset; /* what packed weights are too great by: 128 and zero point */
    int32_t act_min;       /* in [-128, act_max] */
    int32_t act_max;       /* in [act_min, 127] */
    int32_t bits;          /* fraction bits of outputs before they are rounded down */
    int32_t chunks;
    int32_t factor_step;   /* 12: factors per output element, 0: the same for all */
    const uint8_t *chunk;  /* [chunks]: pairs of elements, in [1, 8]; or 0: one element */
    const uint8_t *weight; /* [(out_c + 3) / 4, in_c, 4]: 128 more each */
    const int32_t *bias;   /* [(out_c + 3) / 4, 4], see te_base_product_pairs.h */
    const int32_t
        *factor; /* [(out_c + 3) / 4, 4, 3] or [4, 3]: multiplier in [0, 2^31), offset, and
                            * shift of a sum before it is multiplied */
} te_fully_connected_base_pairs_params;

/* te_fully_connected_s8_base, four outputs at a time, of which two share a multiplication.
 *
 * A row of in is divided into chunks. Within each, no sum of in * (weight - weight_zero_point) leaves
 * 16 bits, whatever the input is. Scratch: 8 bytes for every chunk, and 8. The output may follow the
 * input row by row.
 */
void te_fully_connected_s8_base_pairs(const te_fully_connected_base_pairs_params *op, te_src in,
                                      te_dst out, int32_t first, int32_t last, void *scratch);

/* Parameters of the kernel above, and the sums that the factors miss. */
typedef struct {
    const te_fully_connected_base_pairs_params *kernel;
    const te_mend_params *mend;
} te_fully_connected_base_pairs_even_params;

/* The same, and every row is mended. */
void te_fully_connected_s8_base_pairs_even(const te_fully_connected_base_pairs_even_params *op,
                                           te_src in, te_dst out, int32_t first, int32_t last,
                                           void *scratch);

#endif
