/* What LSTM kernels of int16 share: all but the products of input and hidden state by weights. */
#ifndef TE_LSTM_S16_CELL_H
#define TE_LSTM_S16_CELL_H

#include <stddef.h>
#include <string.h>

#include "te_lstm_s16.h"
#include "te_requantize.h"
#include "te_sigmoid_s16.h"

enum { FORGET, CELL, OUTPUT, INPUT, GATES };

static inline int32_t te_lstm_saturate(int32_t value)
{
    return te_clamp(value, INT16_MIN, INT16_MAX);
}

/* The sum of a gate, before its function: what input and hidden state add, each scaled. */
static inline int32_t te_lstm_gate(const te_lstm_s16_params *op, int32_t gate, int64_t in,
                                   int64_t hidden)
{
    const int32_t first = te_requantize_wide(in, op->in_multiplier[gate], op->in_shift[gate]);
    const int32_t second =
        te_requantize_wide(hidden, op->hidden_multiplier[gate], op->hidden_shift[gate]);
    return te_lstm_saturate(te_lstm_saturate(first) + te_lstm_saturate(second));
}

/* A gate's function; its argument counts 1/12288. */
static inline int32_t te_lstm_logistic(const te_lstm_s16_params *op, int32_t gate)
{
    return te_logistic_by_table(op->table, 3 * (gate < 0 ? -gate : gate), gate < 0);
}

/* tanh of a number with `integer_bits` in [0, 6]. */
static inline int32_t te_lstm_tanh(const te_lstm_s16_params *op, int32_t value,
                                   int32_t integer_bits)
{
    const int32_t right = integer_bits < 3 ? 3 - integer_bits : 0;
    const int32_t left = integer_bits < 3 ? 0 : integer_bits - 3;
    const int32_t x = (value * (3 << left) + (1 << right >> 1)) >> right;
    return te_tanh_by_table(op->table, x < 0 ? -x : x, x < 0);
}

/* product / 2^bits, of bits >= 1, in two roundings: to a half, and to the rest. */
static inline int32_t te_lstm_scaled(int32_t product, int32_t bits)
{
    return te_lstm_saturate(te_shift_right_rounded((product + 1) >> 1, bits - 1));
}

/* Lets a cell take its step; gives what it adds to the hidden state. */
static inline int16_t te_lstm_turn(const te_lstm_s16_params *op, const int32_t *gates,
                                   int16_t *cell)
{
    const int32_t kept = te_lstm_scaled(te_lstm_logistic(op, gates[FORGET]) * *cell, 15);
    const int32_t new = te_lstm_logistic(op, gates[INPUT]) * te_lstm_tanh(op, gates[CELL], 3);
    int32_t now = te_lstm_saturate(kept + te_lstm_scaled(new, 15 + op->cell_bits));
    now = op->cell_clip != 0 ? te_clamp(now, -op->cell_clip, op->cell_clip) : now;
    const int32_t made = te_lstm_logistic(op, gates[OUTPUT]) * te_lstm_tanh(op, now, op->cell_bits);
    *cell = (int16_t)now;
    return (int16_t)te_lstm_saturate(te_requantize(made, op->out_multiplier, op->out_shift));
}

/* Computes what all cells give, `made`, for one element of a sequence. */
typedef void te_lstm_cells(const te_lstm_s16_params *op, const int16_t *in, const int16_t *hidden,
                           int16_t *cell, int16_t *made, void *scratch);

/* Computes rows [first, last); `made` has room for an element of each cell. */
static inline void te_lstm_s16_rows(const te_lstm_s16_params *op, te_src in, te_dst out,
                                    te_dst hidden, te_dst cell, int32_t first, int32_t last,
                                    te_lstm_cells *cells_of, int16_t *made, void *scratch)
{
    const size_t nbytes = (size_t)op->cells * sizeof *made;
    for (int32_t row = first; row < last; row++) {
        const int16_t *from = te_src_row_s16(in, row);
        int16_t *to = te_dst_row_s16(out, row);
        for (int32_t i = 0; i < op->sequences; i++) {
            const int32_t at = (op->is_time_major != 0 ? i : row) * op->cells;
            int16_t *const state = te_dst_row_s16(hidden, 0) + at;
            cells_of(op, from, state, te_dst_row_s16(cell, 0) + at, made, scratch);
            memcpy(state, made, nbytes);
            memcpy(to, made, nbytes);
            from += op->in_c;
            to += op->cells;
        }
    }
}

#endif
