/* The sums of LSTM of int8, portable C: one cell's gates at a time. */
#ifndef TE_LSTM_S8_SUMS_H
#define TE_LSTM_S8_SUMS_H

#include "te_lstm_cell.h"

/* Adds the products of `count` values and the weights of four gates, which stand side by side. */
static inline const int8_t *te_lstm_add_4(const int8_t *values, int32_t count, const int8_t *weight,
                                          int32_t *sums)
{
    int32_t forget = sums[FORGET];
    int32_t cell = sums[CELL];
    int32_t output = sums[OUTPUT];
    int32_t input = sums[INPUT];
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = values[i];
        forget += value * weight[FORGET];
        cell += value * weight[CELL];
        output += value * weight[OUTPUT];
        input += value * weight[INPUT];
        weight += 4;
    }
    sums[FORGET] = forget;
    sums[CELL] = cell;
    sums[OUTPUT] = output;
    sums[INPUT] = input;
    return weight;
}

/* The same for three gates. */
static inline const int8_t *te_lstm_add_3(const int8_t *values, int32_t count, const int8_t *weight,
                                          int32_t *sums)
{
    int32_t forget = sums[FORGET];
    int32_t cell = sums[CELL];
    int32_t output = sums[OUTPUT];
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = values[i];
        forget += value * weight[FORGET];
        cell += value * weight[CELL];
        output += value * weight[OUTPUT];
        weight += 3;
    }
    sums[FORGET] = forget;
    sums[CELL] = cell;
    sums[OUTPUT] = output;
    return weight;
}

/* Sums of the products of `values` and all gates' weights; gives the weights behind. */
static inline const int8_t *te_lstm_sums(const te_lstm_params *op, const int8_t *values,
                                         int32_t count, const int8_t *weight, const int32_t *bias,
                                         int32_t *sums)
{
    for (int32_t gate = 0; gate < op->gates; gate++) {
        sums[gate] = bias[gate];
    }
    return op->gates == MOST_GATES ? te_lstm_add_4(values, count, weight, sums)
                                   : te_lstm_add_3(values, count, weight, sums);
}

/* The gates of the next cell, of input and hidden state, before peepholes and functions; `weight` and
 * `bias` go on to the cell behind.
 */
static inline void te_lstm_gates(const te_lstm_params *op, const int8_t *in, const int8_t *hidden,
                                 const int8_t **weight, const int32_t **bias, int32_t *gates)
{
    int32_t sums[MOST_GATES] = {0};
    *weight = te_lstm_sums(op, in, op->in_c, *weight, *bias, sums);
    te_lstm_add(op, sums, op->in_multiplier, op->in_shift, gates);
    *bias += op->gates;
    *weight = te_lstm_sums(op, hidden, op->outputs, *weight, *bias, sums);
    te_lstm_add(op, sums, op->hidden_multiplier, op->hidden_shift, gates);
    *bias += op->gates;
}

#endif
