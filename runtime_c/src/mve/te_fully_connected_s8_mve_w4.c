/* Fully connected of int8 for MVE, with weights of 4 bits. */
#include "te_mve_vector_rows.h"
#include "te_mve_vector_w4.h"

TE_SHARED void te_fully_connected_s8_mve_w4(const te_fully_connected_mve_params *op, te_src in,
                                            te_dst out, int32_t first, int32_t last, void *scratch)
{
    te_mve_vector_rows(op, in, out, first, last, scratch, te_mve_vector_dot_w4);
}
