/* LSTM of int8 with gates that are normalized, portable C. */
#include "te_inverse_sqrt.h"
#include "te_lstm_s8_sums.h"

/* Values are normalized in 1024ths. */
#define TE_UNIT_BITS 10

/* The mean of `count` values, and the factor by which what differs from it is normalized. */
static te_factor te_lstm_spread(const int16_t *values, int32_t count, int32_t least_variance,
                                int32_t *mean)
{
    int32_t sum = 0;
    int64_t squares = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += values[i];
        squares += values[i] * values[i];
    }
    *mean = sum / count * (1 << TE_UNIT_BITS) + sum % count * (1 << TE_UNIT_BITS) / count;
    const int64_t variance = squares * ((1 << 2 * TE_UNIT_BITS) / count) - (int64_t)*mean * *mean;
    const int32_t whole = (int32_t)(variance >> (2 * TE_UNIT_BITS));
    return te_inverse_sqrt(whole < 1 ? least_variance : whole);
}

/* Normalizes the values of a gate, one of each cell. What is multiplied may wrap, as in TFLite. */
static void te_lstm_normalize(const te_lstm_params *op, int32_t gate, int16_t *values)
{
    const te_lstm_norm *const by = op->norm;
    const int16_t *const weight = by->weight + gate * op->cells;
    const int32_t *const bias = by->bias + gate * op->cells;
    int32_t mean = 0;
    const te_factor spread = te_lstm_spread(values, op->cells, by->least_variance[gate], &mean);
    for (int32_t i = 0; i < op->cells; i++) {
        const int32_t value = values[i] * (1 << TE_UNIT_BITS) - mean;
        const uint32_t scaled = (uint32_t)te_requantize(value, spread.multiplier, spread.shift);
        const uint32_t factor = (uint32_t)(int32_t)weight[i];
        const int32_t sum = (int32_t)(scaled * factor + (uint32_t)bias[i]);
        values[i] = (int16_t)te_saturate_s16(te_requantize(
            te_shift_right_rounded(sum, TE_UNIT_BITS), by->multiplier[gate], by->shift[gate]));
    }
}

/* Puts the gates of all cells into `table`, [gates, cells], and normalizes all but the output gate. */
static void te_lstm_tabulate(const te_lstm_params *op, const int8_t *in, const int8_t *hidden,
                             const int16_t *cell, int16_t *table)
{
    const int8_t *weight = op->weight;
    const int32_t *bias = op->bias;
    for (int32_t i = 0; i < op->cells; i++) {
        int32_t gates[MOST_GATES] = {0};
        te_lstm_gates(op, in, hidden, &weight, &bias, gates);
        te_lstm_look(op, i, cell[i], gates);
        for (int32_t gate = 0; gate < op->gates; gate++) {
            table[gate * op->cells + i] = (int16_t)gates[gate];
        }
    }
    for (int32_t gate = 0; gate < op->gates; gate++) {
        if (gate != OUTPUT) {
            te_lstm_normalize(op, gate, table + gate * op->cells);
        }
    }
}

static void te_lstm_cells_of(const te_lstm_params *op, const int8_t *in, const int8_t *hidden,
                             int16_t *cell, int8_t *made, void *scratch)
{
    int16_t *const table = scratch;
    int16_t *const output = table + OUTPUT * op->cells;
    te_lstm_tabulate(op, in, hidden, cell, table);
    for (int32_t i = 0; i < op->cells; i++) {
        int32_t gates[MOST_GATES] = {0};
        for (int32_t gate = 0; gate < op->gates; gate++) {
            gates[gate] = table[gate * op->cells + i];
        }
        cell[i] = (int16_t)te_lstm_renew(op, gates, cell[i]);
        output[i] = (int16_t)te_lstm_peep(op, i, OUTPUT, output[i], cell[i]);
    }
    te_lstm_normalize(op, OUTPUT, output);
    for (int32_t i = 0; i < op->cells; i++) {
        made[i] = te_lstm_give(op, output[i], cell[i]);
    }
}

TE_SHARED void te_lstm_s8_norm(const te_lstm_params *op, te_src in, te_dst out, te_dst hidden,
                               te_dst cell, int32_t first, int32_t last, void *scratch)
{
    int16_t *const table = scratch;
    int8_t *const made = (int8_t *)(table + op->gates * op->cells);
    te_lstm_rows(op, in, out, hidden, cell, first, last, te_lstm_cells_of, made, table);
}
