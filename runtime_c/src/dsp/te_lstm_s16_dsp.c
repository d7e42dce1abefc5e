/* LSTM of int16, DSP extension: two products an instruction, four gates at a time. */
#include "te_lstm_s16_cell.h"

#include "te_dsp_product_sums.h"

/* Cells whose sums are computed at a time. */
#define TE_CELLS 4

/* Pairs of `count` elements, rounded up to a multiple of four. */
static inline int32_t te_lstm_pairs(int32_t count)
{
    return (count + 7) / 8 * 4;
}

/* Lets `count` cells from `first` on take their steps, of the rows of input and hidden state. */
static void te_lstm_some(const te_lstm_s16_params *op, te_product_row *in, te_product_row *hidden,
                         int32_t first, int32_t count, int16_t *cell, int16_t *made)
{
    int32_t sums[2][TE_CELLS * GATES] = {{0}};
    te_product_row *const rows[2] = {in, hidden};
    for (int32_t i = 0; i < 2; i++) {
        te_product_row *const row = rows[i];
        const int32_t words = GATES + GATES * (int32_t)(row->x_end - row->x);
        row->out = (int8_t *)(void *)sums[i];
        row->weight = row->weight_end;
        row->weight_end += count * words;
        te_product_sums(row);
    }
    for (int32_t i = 0; i < count; i++) {
        int32_t gates[GATES] = {0};
        for (int32_t gate = 0; gate < GATES; gate++) {
            const int32_t at = GATES * i + gate;
            gates[gate] = te_lstm_gate(op, gate, sums[0][at], sums[1][at]);
        }
        made[first + i] = te_lstm_turn(op, gates, &cell[first + i]);
    }
}

static void te_lstm_cells_of(const te_lstm_s16_params *op, const int16_t *in, const int16_t *hidden,
                             int16_t *cell, int16_t *made, void *scratch)
{
    const int32_t in_pairs = te_lstm_pairs(op->in_c);
    const int32_t hidden_pairs = te_lstm_pairs(op->cells);
    int32_t *const x = scratch;
    int32_t *const h = x + in_pairs;
    const int32_t *const records = op->records;
    const int32_t *const others = records + op->cells * (GATES + GATES * in_pairs);
    te_product_row row = {0, 0, x, h, records, TE_CONV_UP_LESS, 0};
    te_product_row state = {0, 0, h, h + hidden_pairs, others, TE_CONV_UP_LESS, 0};
    te_product_copy(x, in_pairs, in, op->in_c);
    te_product_copy(h, hidden_pairs, hidden, op->cells);
    for (int32_t i = 0; i < op->cells; i += TE_CELLS) {
        const int32_t left = op->cells - i;
        te_lstm_some(op, &row, &state, i, left < TE_CELLS ? left : TE_CELLS, cell, made);
    }
}

TE_SHARED void te_lstm_s16_dsp(const te_lstm_s16_params *op, te_src in, te_dst out, te_dst hidden,
                               te_dst cell, int32_t first, int32_t last, void *scratch)
{
    int32_t *const words = scratch;
    int16_t *const made =
        (int16_t *)(void *)(words + te_lstm_pairs(op->in_c) + te_lstm_pairs(op->cells));
    te_lstm_s16_rows(op, in, out, hidden, cell, first, last, te_lstm_cells_of, made, scratch);
}
