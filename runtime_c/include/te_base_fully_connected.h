/* Fully connected operator for cores without the DSP extension. */
#ifndef TE_BASE_FULLY_CONNECTED_H
#define TE_BASE_FULLY_CONNECTED_H

#include "te_mend.h"
#include "te_rows.h"

typedef struct {
    int32_t in_c;              /* elements of an input row */
    int32_t out_c;             /* elements of an output row */
    int32_t weight_offset;     /* what packed weights are too great by: 128 or 8, and zero point */
    int32_t act_min;           /* in [-128, act_max] */
    int32_t act_max;           /* in [act_min, 127] */
    int32_t bits;              /* fraction bits of outputs before they are rounded down */
    int32_t factor_step;       /* 1: factors per output element, 0: the same for all */
    const uint8_t *weight;     /* [out_c / 4, in_c, 4], then [in_c, out_c % 4]: 128 more each */
    const int32_t *bias;       /* [out_c]: with all that makes the factors exact */
    const int32_t *multiplier; /* [out_c] or [1]: in [0, 2^31) */
    const int32_t *offset;     /* [out_c] or [1] */
    const int8_t *left;        /* [out_c] or [1]: shift of a sum before it is multiplied */
} te_fully_connected_base_params;

/* out = clamp(out_zero_point + te_requantize_double(sum of (in - in_zero_point) *
 *             (weight - weight_zero_point) + bias)), int8, as
 *       (offset + te_multiply_q32(sum * 2^left, multiplier)) / 2^bits, rounded down and clamped.
 *
 * A row of in has in_c elements and gives a row of out_c elements. The factors are such that both
 * are the same for every sum that the weights allow (`requantize_dsp.exact_factors`). Every sum
 * that starts with `bias`, with 2^16 more for every element, must fit 32 bits. No scratch. The
 * output may follow the input row by row.
 */
void te_fully_connected_s8_base(const te_fully_connected_base_params *op, te_src in, te_dst out,
                                int32_t first, int32_t last);

/* The same with weights of 4 bits, [(out_c + 3) / 4, in_c, 2] bytes: te_base_product_w4.h. */
void te_fully_connected_s8_base_w4(const te_fully_connected_base_params *op, te_src in, te_dst out,
                                   int32_t first, int32_t last);

/* Parameters of a kernel above, and the sums that the factors miss. */
typedef struct {
    const te_fully_connected_base_params *kernel;
    const te_mend_params *mend;
} te_fully_connected_base_even_params;

/* The same, and every row is mended. */
void te_fully_connected_s8_base_even(const te_fully_connected_base_even_params *op, te_src in,
                                     te_dst out, int32_t first, int32_t last);

#endif
