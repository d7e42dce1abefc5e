/* LSTM of int8 with cells of int16, portable C. */
#include "te_lstm.h"

#include <stddef.h>
#include <string.h>

#include "te_fixed_s16.h"

enum { FORGET, CELL, OUTPUT, INPUT, MOST_GATES };

/* Adds the products of `count` values and the weights of four gates, which stand side by side. */
static const int8_t *te_lstm_add_4(const int8_t *values, int32_t count, const int8_t *weight,
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
static const int8_t *te_lstm_add_3(const int8_t *values, int32_t count, const int8_t *weight,
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

/* Adds to all gates what `values` give; gives the weights behind those that were used. */
static const int8_t *te_lstm_add(const te_lstm_params *op, const int8_t *values, int32_t count,
                                 const int8_t *weight, const int32_t *bias,
                                 const int32_t *multiplier, const int32_t *shift, int32_t *gates)
{
    int32_t sums[MOST_GATES] = {0};
    for (int32_t gate = 0; gate < op->gates; gate++) {
        sums[gate] = bias[gate];
    }
    weight = op->gates == MOST_GATES ? te_lstm_add_4(values, count, weight, sums)
                                     : te_lstm_add_3(values, count, weight, sums);
    for (int32_t gate = 0; gate < op->gates; gate++) {
        const int32_t value = te_requantize(sums[gate], multiplier[gate], shift[gate]);
        gates[gate] = te_saturate_s16(gates[gate] + value);
    }
    return weight;
}

/* Adds what a gate of cell `index` sees of the cell. */
static int32_t te_lstm_peep(const te_lstm_params *op, int32_t index, int32_t gate, int32_t sum,
                            int32_t cell)
{
    if (op->peephole == NULL) {
        return sum;
    }
    const int32_t product = cell * op->peephole[index * op->gates + gate];
    return te_saturate_s16(
        sum + te_requantize(product, op->peephole_multiplier[gate], op->peephole_shift[gate]));
}

/* The new value of cell `index`. */
static int32_t te_lstm_cell(const te_lstm_params *op, int32_t index, const int32_t *gates,
                            int32_t cell)
{
    const int32_t forget = te_logistic_s16(te_lstm_peep(op, index, FORGET, gates[FORGET], cell));
    const int32_t taken = op->gates == MOST_GATES
                              ? te_logistic_s16(te_lstm_peep(op, index, INPUT, gates[INPUT], cell))
                              : INT16_MAX - forget;
    const int32_t new = taken *te_tanh_s16(gates[CELL], 3);
    const int32_t kept = te_shift_right_rounded(forget * cell, 15);
    const int32_t value =
        te_saturate_s16(kept + (int16_t)te_shift_right_rounded(new, 15 + op->cell_bits));
    return op->cell_clip != 0 ? te_clamp(value, -op->cell_clip, op->cell_clip) : value;
}

/* The hidden state of what the cells gave. */
static void te_lstm_project(const te_lstm_params *op, const int8_t *made, int8_t *hidden)
{
    const te_lstm_projection *const by = op->projection;
    const int8_t *weight = by->weight;
    for (int32_t oc = 0; oc < op->outputs; oc++) {
        int32_t sum = by->bias[oc];
        for (int32_t ic = 0; ic < op->cells; ic++) {
            sum += made[ic] * weight[ic];
        }
        weight += op->cells;
        sum = te_requantize(sum, by->multiplier, by->shift) + by->zero_point;
        sum = te_clamp(sum, INT8_MIN, INT8_MAX);
        hidden[oc] = (int8_t)(by->clip != 0 ? te_clamp(sum, -by->clip, by->clip) : sum);
    }
}

/* One element of a sequence. */
static void te_lstm_step(const te_lstm_params *op, const int8_t *in, int8_t *hidden, int16_t *cell,
                         int8_t *made)
{
    const int8_t *weight = op->weight;
    const int32_t *bias = op->bias;
    for (int32_t i = 0; i < op->cells; i++) {
        int32_t gates[MOST_GATES] = {0};
        weight =
            te_lstm_add(op, in, op->in_c, weight, bias, op->in_multiplier, op->in_shift, gates);
        bias += op->gates;
        weight = te_lstm_add(op, hidden, op->outputs, weight, bias, op->hidden_multiplier,
                             op->hidden_shift, gates);
        bias += op->gates;
        const int32_t now = te_lstm_cell(op, i, gates, cell[i]);
        const int32_t output = te_logistic_s16(te_lstm_peep(op, i, OUTPUT, gates[OUTPUT], now));
        const int32_t value = te_requantize(output * te_tanh_s16(now, op->cell_bits),
                                            op->out_multiplier, op->out_shift);
        made[i] = (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
        cell[i] = (int16_t)now;
    }
    if (op->projection != NULL) {
        te_lstm_project(op, made, hidden);
    } else {
        memcpy(hidden, made, (size_t)op->cells);
    }
}

TE_SHARED void te_lstm_s8(const te_lstm_params *op, te_src in, te_dst out, te_dst hidden,
                          te_dst cell, int32_t first, int32_t last, void *scratch)
{
    for (int32_t row = first; row < last; row++) {
        const int8_t *from = te_src_row(in, row);
        int8_t *to = te_dst_row(out, row);
        for (int32_t i = 0; i < op->sequences; i++) {
            const int32_t batch = op->is_time_major != 0 ? i : row;
            int8_t *const state = te_dst_row(hidden, 0) + batch * op->outputs;
            int16_t *const cells = te_dst_row_s16(cell, 0) + batch * op->cells;
            te_lstm_step(op, from, state, cells, scratch);
            memcpy(to, state, (size_t)op->outputs);
            from += op->in_c;
            to += op->outputs;
        }
    }
}
