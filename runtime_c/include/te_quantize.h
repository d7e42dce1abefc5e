/* Requantization of a tensor from one 8-bit quantization to another. */
#ifndef TE_QUANTIZE_H
#define TE_QUANTIZE_H

#include "te_rows.h"

typedef struct {
    int32_t row_elements;   /* elements per row */
    int32_t in_flip;        /* 0 for int8 input; 128 for uint8, which flips its top bit */
    int32_t in_zero_point;  /* [-128, 127]: of uint8 input, its zero point - 128 */
    int32_t multiplier;     /* input scale / output scale */
    int32_t shift;          /* [-31, 23]: 255 * 2^23 fits 32 bits */
    int32_t out_zero_point; /* [-128, 127]: of uint8 output, its zero point - 128 */
    int32_t out_flip;       /* 0 for int8 output; 128 for uint8 */
} te_quantize_params;

/* out = clamp(requantize(in - in_zero_point) + out_zero_point, -128, 127), where uint8 values are
 * taken as the int8 values 128 below them: their bytes with the top bit flipped.
 *
 * No scratch. The output may stand exactly over the input: each element is written after it is
 * read.
 */
void te_quantize_s8(const te_quantize_params *op, te_src in, te_dst out, int32_t first,
                    int32_t last);

/* The same between int8 and int16, whose zero point is 0. The output may follow the input row by row,
 * and stand exactly over it where both are int16.
 */
void te_quantize_s8_s16(const te_quantize_params *op, te_src in, te_dst out, int32_t first,
                        int32_t last);
void te_quantize_s16_s8(const te_quantize_params *op, te_src in, te_dst out, int32_t first,
                        int32_t last);
void te_quantize_s16(const te_quantize_params *op, te_src in, te_dst out, int32_t first,
                     int32_t last);

#endif
