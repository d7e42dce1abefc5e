/* Fully connected for MVE. */
#ifndef TE_MVE_FULLY_CONNECTED_H
#define TE_MVE_FULLY_CONNECTED_H

#include "te_mend.h"
#include "te_rows.h"

typedef struct {
    int32_t in_c;
    int32_t out_c;
    int32_t act_min;       /* in [-128, act_max] */
    int32_t act_max;       /* in [act_min, 127] */
    int32_t blocks;        /* of 16 elements of the input, the last one filled up */
    int32_t words;         /* of a record */
    const int32_t *weight; /* (out_c + 7) / 8 records */
} te_fully_connected_mve_params;

/* out = clamp(round((sum of (in - in_zero_point) * weight + bias) * factor) + out_zero_point),
 * int8: what te_fully_connected_s8 gives.
 *
 * in is [rows, in_c], out is [rows, out_c]; output row r reads input row r. For factors that were
 * checked to give the outputs of te_fully_connected_s8 for all sums.
 * Scratch: 16 * blocks + 8 bytes, for a filled up copy of the vector and a last record's outputs.
 * The output may follow the input row by row.
 */
void te_fully_connected_s8_mve(const te_fully_connected_mve_params *op, te_src in, te_dst out,
                               int32_t first, int32_t last, void *scratch);

/* The same with weights of 4 bits: records are those of te_mve_vector_w4.h. */
void te_fully_connected_s8_mve_w4(const te_fully_connected_mve_params *op, te_src in, te_dst out,
                                  int32_t first, int32_t last, void *scratch);

/* Parameters of te_fully_connected_s8_mve, and the sums that the factors miss. */
typedef struct {
    const te_fully_connected_mve_params *kernel;
    const te_mend_params *mend;
} te_fully_connected_mve_even_params;

/* The same, and every row is mended. */
void te_fully_connected_s8_mve_even(const te_fully_connected_mve_even_params *op, te_src in,
                                    te_dst out, int32_t first, int32_t last, void *scratch);

#endif
