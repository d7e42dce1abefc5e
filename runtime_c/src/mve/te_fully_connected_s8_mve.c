/* Fully connected of int8 for MVE. */
#include "te_mve_vector.h"
#include "te_mve_vector_rows.h"

TE_SHARED void te_fully_connected_s8_mve(const te_fully_connected_mve_params *op, te_src in,
                                         te_dst out, int32_t first, int32_t last, void *scratch)
{
    te_mve_vector_rows(op, in, out, first, last, scratch, te_mve_vector_dot);
}
