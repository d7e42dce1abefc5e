/* PReLU: a slope of its own for the negative side of each channel. */
#ifndef TE_PRELU_H
#define TE_PRELU_H

#include "te_binary.h"

typedef struct {
    te_pairs pairs;              /* which slope (right) meets which input element (left) */
    const int8_t *alpha;         /* the slopes: alpha_rows rows of alpha_row_bytes */
    int32_t alpha_rows;          /* at least 1 */
    int32_t alpha_row_bytes;     /* at least 1 */
    int32_t alpha_zero_point;    /* [-128, 127] */
    int32_t in_zero_point;       /* [-128, 127] */
    int32_t positive_multiplier; /* input scale / output scale */
    int32_t positive_shift;      /* [-31, 23]: 255 * 2^23 fits 32 bits */
    int32_t negative_multiplier; /* input scale * alpha scale / output scale */
    int32_t negative_shift;      /* [-31, 15]: 255 * 255 * 2^15 fits 32 bits */
    int32_t out_zero_point;      /* [-128, 127] */
} te_prelu_params;

/* With x = in - in_zero_point and a = alpha - alpha_zero_point:
 * out = clamp(requantize(x) + out_zero_point) where x >= 0, and
 * out = clamp(requantize(x * a) + out_zero_point) elsewhere; all int8, clamped to [-128, 127].
 *
 * Input and output are rows of [N, H, W, C]. No scratch. The output may stand exactly over the
 * input: each element is written after it is read.
 */
void te_prelu_s8(const te_prelu_params *op, te_src in, te_dst out, int32_t first, int32_t last);

#endif
