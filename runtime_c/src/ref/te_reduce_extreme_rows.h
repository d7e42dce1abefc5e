/* Extremes along a dimension. A file that includes this has defined the elements' type, TE_ELEMENT,
 * and the unsigned one of as many bits, TE_BITS.
 */
#ifndef TE_REDUCE_EXTREME_ROWS_H
#define TE_REDUCE_EXTREME_ROWS_H

#include "te_reduce_extreme.h"

#include <string.h>

/* Replaces elements of `output` by those of `input` that are more extreme. */
static void replace(TE_ELEMENT *output, const TE_ELEMENT *input, int32_t count, TE_BITS flip)
{
    for (int32_t i = 0; i < count; i++) {
        if ((TE_ELEMENT)(input[i] ^ flip) > (TE_ELEMENT)(output[i] ^ flip)) {
            output[i] = input[i];
        }
    }
}

/* Takes an input row into an output row, which it begins where it is the `first`. */
static void take_row(const te_reduce_extreme_params *op, const TE_ELEMENT *input,
                     TE_ELEMENT *output, int first)
{
    for (int32_t part = 0; part < op->parts; part++) {
        for (int32_t i = 0; i < op->count; i++) {
            if (first && i == 0) {
                memcpy(output, input, (uint32_t)op->inner * sizeof *output);
            } else {
                replace(output, input, op->inner, (TE_BITS)(op->flip * 0x101));
            }
            input += op->inner;
        }
        output += op->inner;
    }
}

#endif
