/* LSTM of int16 with sums of 64 bits, portable C. */
#define TE_SUM int64_t
#define TE_BIAS(op) (op)->wide_bias
#include "te_lstm_s16_cells.h"

TE_SHARED void te_lstm_s16_wide(const te_lstm_s16_params *op, te_src in, te_dst out, te_dst hidden,
                                te_dst cell, int32_t first, int32_t last, void *scratch)
{
    te_lstm_s16_rows(op, in, out, hidden, cell, first, last, te_lstm_cells_of, scratch, NULL);
}
