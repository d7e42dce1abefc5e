/* LSTM of int16, MVE: eight products an instruction. */
#include "te_lstm_s16_cell.h"

#include "te_mve_dot_s16.h"

static void te_lstm_cells_of(const te_lstm_s16_params *op, const int16_t *in, const int16_t *hidden,
                             int16_t *cell, int16_t *made, void *scratch)
{
    const int8_t *weight = op->weight;
    const int32_t *bias = op->bias;
    (void)scratch;
    for (int32_t i = 0; i < op->cells; i++) {
        int32_t gates[GATES] = {0};
        const int8_t *others = weight + GATES * op->in_c;
        for (int32_t gate = 0; gate < GATES; gate++) {
            const int32_t first = te_mve_dot_s16(in, weight, op->in_c, *bias++);
            const int32_t second = te_mve_dot_s16(hidden, others, op->cells, 0);
            gates[gate] = te_lstm_gate(op, gate, first, second);
            weight += op->in_c;
            others += op->cells;
        }
        weight = others;
        made[i] = te_lstm_turn(op, gates, &cell[i]);
    }
}

TE_SHARED void te_lstm_s16_mve(const te_lstm_s16_params *op, te_src in, te_dst out, te_dst hidden,
                               te_dst cell, int32_t first, int32_t last, void *scratch)
{
    te_lstm_s16_rows(op, in, out, hidden, cell, first, last, te_lstm_cells_of, scratch, NULL);
}
