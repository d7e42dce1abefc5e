/* What LSTM kernels share: all but the products of input and hidden state by the gates' weights. */
#ifndef TE_LSTM_CELL_H
#define TE_LSTM_CELL_H

#include <stddef.h>
#include <string.h>

#include "te_fixed_s16.h"
#include "te_lstm.h"

enum { FORGET, CELL, OUTPUT, INPUT, MOST_GATES };

/* Adds the requantized `sums` to the gates. */
static inline void te_lstm_add(const te_lstm_params *op, const int32_t *sums,
                               const int32_t *multiplier, const int32_t *shift, int32_t *gates)
{
    for (int32_t gate = 0; gate < op->gates; gate++) {
        const int32_t value = te_requantize(sums[gate], multiplier[gate], shift[gate]);
        gates[gate] = te_saturate_s16(gates[gate] + value);
    }
}

/* Adds what a gate of cell `index` sees of the cell. */
static inline int32_t te_lstm_peep(const te_lstm_params *op, int32_t index, int32_t gate,
                                   int32_t sum, int32_t cell)
{
    if (op->peephole == NULL) {
        return sum;
    }
    const int32_t product = cell * op->peephole[index * op->gates + gate];
    return te_saturate_s16(
        sum + te_requantize(product, op->peephole_multiplier[gate], op->peephole_shift[gate]));
}

/* The new value of a cell, of its gates. */
static inline int32_t te_lstm_renew(const te_lstm_params *op, const int32_t *gates, int32_t cell)
{
    const int32_t forget = te_logistic_s16(gates[FORGET]);
    const int32_t taken =
        op->gates == MOST_GATES ? te_logistic_s16(gates[INPUT]) : INT16_MAX - forget;
    const int32_t new = taken *te_tanh_s16(gates[CELL], 3);
    const int32_t kept = te_shift_right_rounded(forget * cell, 15);
    const int32_t value =
        te_saturate_s16(kept + (int16_t)te_shift_right_rounded(new, 15 + op->cell_bits));
    return op->cell_clip != 0 ? te_clamp(value, -op->cell_clip, op->cell_clip) : value;
}

/* The hidden state of what the cells gave. */
static inline void te_lstm_project(const te_lstm_params *op, const int8_t *made, int8_t *hidden)
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

/* What a cell adds to the hidden state, of its output gate. */
static inline int8_t te_lstm_give(const te_lstm_params *op, int32_t gate, int32_t cell)
{
    const int32_t product = te_logistic_s16(gate) * te_tanh_s16(cell, op->cell_bits);
    const int32_t value = te_requantize(product, op->out_multiplier, op->out_shift);
    return (int8_t)te_clamp(value + op->out_zero_point, INT8_MIN, INT8_MAX);
}

/* Lets the gates but the output gate see cell `index`. */
static inline void te_lstm_look(const te_lstm_params *op, int32_t index, int32_t cell,
                                int32_t *gates)
{
    gates[FORGET] = te_lstm_peep(op, index, FORGET, gates[FORGET], cell);
    if (op->gates == MOST_GATES) {
        gates[INPUT] = te_lstm_peep(op, index, INPUT, gates[INPUT], cell);
    }
}

/* Lets cell `index` take its step; gives what it adds to the hidden state. */
static inline int8_t te_lstm_turn(const te_lstm_params *op, int32_t index, int32_t *gates,
                                  int16_t *cell)
{
    te_lstm_look(op, index, *cell, gates);
    *cell = (int16_t)te_lstm_renew(op, gates, *cell);
    return te_lstm_give(op, te_lstm_peep(op, index, OUTPUT, gates[OUTPUT], *cell), *cell);
}

/* Computes what all cells give, `made`, for one element of a sequence. */
typedef void te_lstm_cells(const te_lstm_params *op, const int8_t *in, const int8_t *hidden,
                           int16_t *cell, int8_t *made, void *scratch);

/* Computes rows [first, last); `made` has room for a byte of each cell. */
static inline void te_lstm_rows(const te_lstm_params *op, te_src in, te_dst out, te_dst hidden,
                                te_dst cell, int32_t first, int32_t last, te_lstm_cells *cells_of,
                                int8_t *made, void *scratch)
{
    for (int32_t row = first; row < last; row++) {
        const int8_t *from = te_src_row(in, row);
        int8_t *to = te_dst_row(out, row);
        for (int32_t i = 0; i < op->sequences; i++) {
            const int32_t batch = op->is_time_major != 0 ? i : row;
            int8_t *const state = te_dst_row(hidden, 0) + batch * op->outputs;
            int16_t *const cells = te_dst_row_s16(cell, 0) + batch * op->cells;
            cells_of(op, from, state, cells, made, scratch);
            if (op->projection != NULL) {
                te_lstm_project(op, made, state);
            } else {
                memcpy(state, made, (size_t)op->cells);
            }
            memcpy(to, state, (size_t)op->outputs);
            from += op->in_c;
            to += op->outputs;
        }
    }
}

#endif
