/* Mean, int16, portable C. */
#include "te_mean.h"

#include "te_requantize.h"

/* Where a mean starts in the input: the first element of its window. */
typedef struct {
    int32_t n, h, w, c;
} position;

static position locate(const te_mean_params *op, int32_t element)
{
    position at;
    at.c = element % op->out_c;
    element /= op->out_c;
    at.w = element % op->out_w;
    element /= op->out_w;
    at.h = element % op->out_h;
    at.n = element / op->out_h;
    return at;
}

static position advance(const te_mean_params *op, position at)
{
    if (++at.c == op->out_c) {
        at.c = 0;
        if (++at.w == op->out_w) {
            at.w = 0;
            if (++at.h == op->out_h) {
                at.h = 0;
                at.n++;
            }
        }
    }
    return at;
}

static int32_t sum_window(const te_mean_params *op, te_src in, position at)
{
    int32_t sum = 0;
    for (int32_t n = at.n; n < at.n + op->window_n; n++) {
        for (int32_t ih = at.h; ih < at.h + op->window_h; ih++) {
            const int16_t *pixel = te_src_row_s16(in, n * op->in_h + ih) + at.w * op->in_c + at.c;
            for (int32_t iw = 0; iw < op->window_w; iw++) {
                for (int32_t ic = 0; ic < op->window_c; ic++) {
                    sum += pixel[ic];
                }
                pixel += op->in_c;
            }
        }
    }
    return sum;
}

TE_SHARED void te_mean_s16(const te_mean_params *op, te_src in, te_dst out, int32_t first,
                           int32_t last)
{
    const te_mean_params params = *op;
    position at = locate(&params, first * params.row_elements);
    for (int32_t row = first; row < last; row++) {
        int16_t *output = te_dst_row_s16(out, row);
        for (int32_t i = 0; i < params.row_elements; i++) {
            const int32_t sum = sum_window(&params, in, at);
            const int32_t value = te_requantize(sum, params.multiplier, params.shift);
            output[i] = (int16_t)te_clamp(value, INT16_MIN, INT16_MAX);
            at = advance(&params, at);
        }
    }
}
