/* Product over any of the dimensions of [N, H, W, C]. */
#ifndef TE_REDUCE_PROD_H
#define TE_REDUCE_PROD_H

#include "te_mean.h"

typedef struct {
    const te_mean_params *reduced; /* which elements; its scaling does not count */
    int32_t in_zero_point;         /* [-128, 127] */
    int32_t factor;                /* of every step, [0, 2^15) */
    int32_t shift;                 /* right, [8, 46]: such that no product leaves 32 bits */
    int32_t out_zero_point;        /* [-128, 127] */
} te_reduce_prod_params;

/* out = clamp(scaled(product) + out_zero_point), int8, where scaled(x) = x * factor / 2^shift, halves
 * up, and every further element makes the product scaled(product * (in - in_zero_point)).
 *
 * Rows as those of te_mean_s8. No scratch. While output row r is written, all input rows that rows
 * >= r read are still needed.
 */
void te_reduce_prod_s8(const te_reduce_prod_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last);

#endif
