/* Logistic function of int16, portable C. */
#include "te_sigmoid_rows.h"

TE_SHARED void te_logistic_s16(const te_sigmoid_params *op, te_src in, te_dst out, int32_t first,
                               int32_t last)
{
    const te_sigmoid_params params = *op;
    te_sigmoid_rows(&params, te_logistic_by_table, in, out, first, last);
}
