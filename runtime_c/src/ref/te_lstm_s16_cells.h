/* The sums of LSTM of int16, portable C. A file that includes this has defined
 *
 *     TE_SUM       the type of sums
 *     TE_BIAS(op)  the biases
 */
#ifndef TE_LSTM_S16_CELLS_H
#define TE_LSTM_S16_CELLS_H

#include "te_lstm_s16_cell.h"

/* Adds the products of `count` values and the weights of four gates, which stand side by side;
 * gives the weights behind.
 */
static const int8_t *te_lstm_add(const int16_t *values, int32_t count, const int8_t *weight,
                                 TE_SUM *sums)
{
    TE_SUM forget = sums[FORGET];
    TE_SUM cell = sums[CELL];
    TE_SUM output = sums[OUTPUT];
    TE_SUM input = sums[INPUT];
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = values[i];
        forget += value * weight[FORGET];
        cell += value * weight[CELL];
        output += value * weight[OUTPUT];
        input += value * weight[INPUT];
        weight += GATES;
    }
    sums[FORGET] = forget;
    sums[CELL] = cell;
    sums[OUTPUT] = output;
    sums[INPUT] = input;
    return weight;
}

static void te_lstm_cells_of(const te_lstm_s16_params *op, const int16_t *in, const int16_t *hidden,
                             int16_t *cell, int16_t *made, void *scratch)
{
    const int8_t *weight = op->weight;
    (void)scratch;
    for (int32_t i = 0; i < op->cells; i++) {
        int32_t gates[GATES] = {0};
        TE_SUM first[GATES] = {0};
        TE_SUM second[GATES] = {0};
        memcpy(first, TE_BIAS(op) + GATES * i, sizeof first);
        weight = te_lstm_add(in, op->in_c, weight, first);
        weight = te_lstm_add(hidden, op->cells, weight, second);
        for (int32_t gate = 0; gate < GATES; gate++) {
            gates[gate] = te_lstm_gate(op, gate, first[gate], second[gate]);
        }
        made[i] = te_lstm_turn(op, gates, &cell[i]);
    }
}

#endif
