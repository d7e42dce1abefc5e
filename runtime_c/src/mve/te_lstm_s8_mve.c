/* LSTM of int8 with cells of int16, MVE: sixteen products an instruction. */
#include "te_lstm.h"

#include "te_lstm_cell.h"
#include "te_mve_dot.h"

/* Adds to the gates what `values` give; gives the weights behind those that were used. */
static const int8_t *te_lstm_gates(const te_lstm_params *op, const int8_t *values, int32_t count,
                                   const int8_t *weight, const int32_t *bias,
                                   const int32_t *multiplier, const int32_t *shift, int32_t *gates)
{
    int32_t sums[MOST_GATES] = {0};
    for (int32_t gate = 0; gate < op->gates; gate++) {
        sums[gate] = te_mve_dot(values, weight, count, bias[gate]);
        weight += count;
    }
    te_lstm_add(op, sums, multiplier, shift, gates);
    return weight;
}

static void te_lstm_cells_of(const te_lstm_params *op, const int8_t *in, const int8_t *hidden,
                             int16_t *cell, int8_t *made, void *scratch)
{
    const int8_t *weight = op->weight;
    const int32_t *bias = op->bias;
    (void)scratch;
    for (int32_t i = 0; i < op->cells; i++) {
        int32_t gates[MOST_GATES] = {0};
        weight =
            te_lstm_gates(op, in, op->in_c, weight, bias, op->in_multiplier, op->in_shift, gates);
        weight = te_lstm_gates(op, hidden, op->outputs, weight, bias + op->gates,
                               op->hidden_multiplier, op->hidden_shift, gates);
        bias += 2 * op->gates;
        made[i] = te_lstm_turn(op, i, gates, &cell[i]);
    }
}

TE_SHARED void te_lstm_s8_mve(const te_lstm_params *op, te_src in, te_dst out, te_dst hidden,
                              te_dst cell, int32_t first, int32_t last, void *scratch)
{
    te_lstm_rows(op, in, out, hidden, cell, first, last, te_lstm_cells_of, scratch, NULL);
}
