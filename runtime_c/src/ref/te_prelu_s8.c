/* PReLU, int8, portable C. */
#include "te_prelu.h"

#include "te_binary_rows.h"
#include "te_requantize.h"

static inline int8_t prelu(const void *params, int32_t in, int32_t alpha)
{
    const te_prelu_params *op = params;
    const int32_t x = in - op->in_zero_point;
    int32_t value;
    if (x >= 0) {
        value = te_requantize(x, op->positive_multiplier, op->positive_shift);
    } else {
        const int32_t product = x * (alpha - op->alpha_zero_point);
        value = te_requantize(product, op->negative_multiplier, op->negative_shift);
    }
    return (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
}

TE_SHARED void te_prelu_s8(const te_prelu_params *op, te_src in, te_dst out, int32_t first,
                           int32_t last)
{
    const te_prelu_params params = *op;
    const te_src alpha = te_in(params.alpha, params.alpha_row_bytes, params.alpha_rows);
    te_binary_rows(&params.pairs, prelu, &params, in, alpha, out, first, last);
}
