/* Reductions over some of the dimensions of [N, H, W, C]: from output element to output element. */
#ifndef TE_REDUCED_H
#define TE_REDUCED_H

#include "te_mean.h"

/* Where an output element starts in the input: the first element of its window. */
typedef struct {
    int32_t n, h, w, c;
} te_reduced;

static inline te_reduced te_reduced_locate(const te_mean_params *op, int32_t element)
{
    te_reduced at;
    at.c = element % op->out_c;
    element /= op->out_c;
    at.w = element % op->out_w;
    element /= op->out_w;
    at.h = element % op->out_h;
    at.n = element / op->out_h;
    return at;
}

static inline te_reduced te_reduced_advance(const te_mean_params *op, te_reduced at)
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

#endif
