/* LSTM of int8 with cells of int16, portable C. */
#include "te_lstm.h"

#include "te_lstm_s8_sums.h"

static void te_lstm_cells_of(const te_lstm_params *op, const int8_t *in, const int8_t *hidden,
                             int16_t *cell, int8_t *made, void *scratch)
{
    const int8_t *weight = op->weight;
    const int32_t *bias = op->bias;
    (void)scratch;
    for (int32_t i = 0; i < op->cells; i++) {
        int32_t gates[MOST_GATES] = {0};
        te_lstm_gates(op, in, hidden, &weight, &bias, gates);
        made[i] = te_lstm_turn(op, i, gates, &cell[i]);
    }
}

TE_SHARED void te_lstm_s8(const te_lstm_params *op, te_src in, te_dst out, te_dst hidden,
                          te_dst cell, int32_t first, int32_t last, void *scratch)
{
    te_lstm_rows(op, in, out, hidden, cell, first, last, te_lstm_cells_of, scratch, NULL);
}
