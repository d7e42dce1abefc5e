/* LSTM of int8 with cells of int16 and four gates, DSP extension: two products an instruction. */
#include "te_lstm.h"

#include "te_dsp_quads.h"
#include "te_lstm_cell.h"

/* Sums of the products of pairs up to `end` and the weights of four gates; gives those behind. */
static const int8_t *te_lstm_sums(const int32_t *pairs, const int32_t *end, const int8_t *weight,
                                  const int32_t *bias, int32_t *sums)
{
    int32_t forget = bias[FORGET];
    int32_t cell = bias[CELL];
    int32_t output = bias[OUTPUT];
    int32_t input = bias[INPUT];
    while (pairs != end) {
        const int32_t even = *pairs++;
        const int32_t odd = *pairs++;
        forget = te_quads_add(even, odd, weight, forget);
        cell = te_quads_add(even, odd, weight + 4, cell);
        output = te_quads_add(even, odd, weight + 8, output);
        input = te_quads_add(even, odd, weight + 12, input);
        weight += 16;
    }
    sums[FORGET] = forget;
    sums[CELL] = cell;
    sums[OUTPUT] = output;
    sums[INPUT] = input;
    return weight;
}

static void te_lstm_cells_of(const te_lstm_params *op, const int8_t *in, const int8_t *hidden,
                             int16_t *cell, int8_t *made, void *scratch)
{
    int32_t *const x = scratch;
    int32_t *const h = x + (op->in_c + 3) / 4 * 2;
    const int32_t *const end = h + (op->outputs + 3) / 4 * 2;
    const int8_t *weight = op->weight;
    const int32_t *bias = op->bias;
    te_quads_expand(in, op->in_c, x);
    te_quads_expand(hidden, op->outputs, h);
    for (int32_t i = 0; i < op->cells; i++) {
        int32_t gates[MOST_GATES] = {0};
        int32_t sums[MOST_GATES];
        weight = te_lstm_sums(x, h, weight, bias, sums);
        te_lstm_add(op, sums, op->in_multiplier, op->in_shift, gates);
        weight = te_lstm_sums(h, end, weight, bias + MOST_GATES, sums);
        te_lstm_add(op, sums, op->hidden_multiplier, op->hidden_shift, gates);
        bias += 2 * MOST_GATES;
        made[i] = te_lstm_turn(op, i, gates, &cell[i]);
    }
}

TE_SHARED void te_lstm_s8_dsp(const te_lstm_params *op, te_src in, te_dst out, te_dst hidden,
                              te_dst cell, int32_t first, int32_t last, void *scratch)
{
    const int32_t quads = (op->in_c + 3) / 4 + (op->outputs + 3) / 4;
    int8_t *const made = (int8_t *)scratch + 8 * quads;
    te_lstm_rows(op, in, out, hidden, cell, first, last, te_lstm_cells_of, made, scratch);
}
