/* Bytes of uint8 as the int8 values that are 128 less, and back. */
#ifndef TE_QUANTIZE_FLIP_H
#define TE_QUANTIZE_FLIP_H

#include "te_rows.h"

typedef struct {
    int32_t row_bytes;
} te_quantize_flip_params;

/* out = in with the top bit of every byte flipped, of tensors of 8 bits. Four bytes at a time where
 * both rows are aligned to that. No scratch. The output may stand exactly over the input.
 */
void te_quantize_s8_flip(const te_quantize_flip_params *op, te_src in, te_dst out, int32_t first,
                         int32_t last);

#endif
