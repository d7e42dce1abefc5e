/* Long short-term memory. */
#ifndef TE_LSTM_H
#define TE_LSTM_H

#include "te_rows.h"

/* What turns the cells' outputs into the hidden state. */
typedef struct {
    int32_t multiplier;
    int32_t shift;
    int32_t zero_point;   /* of the hidden state, in [-128, 127] */
    int32_t clip;         /* in [0, 127]; 0 is none */
    const int8_t *weight; /* [outputs, cells] */
    const int32_t
        *bias; /* [outputs]: less the zero point of what is projected, times the weights */
} te_lstm_projection;

/* How the gates of all cells are normalized: one entry by gate, as below. */
typedef struct {
    int32_t multiplier[4];
    int32_t shift[4];
    int32_t least_variance[4]; /* taken where there is none */
    const int16_t *weight;     /* [gates, cells] */
    const int32_t *bias;       /* [gates, cells] */
} te_lstm_norm;

/* Arrays have one entry by gate, in the order forget, cell, output, input; without an input gate
 * the last one of each is not used.
 */
typedef struct {
    int32_t in_c;    /* elements of an element of the sequence */
    int32_t outputs; /* elements of the hidden state */
    int32_t cells;
    int32_t gates;         /* 4, or 3: the input gate is what the forget gate leaves */
    int32_t sequences;     /* elements of sequences in a row: in time, or over the batch */
    int32_t is_time_major; /* 1: rows follow each other in time; 0: rows are those of a batch */
    int32_t cell_bits;     /* integer bits of the cells, in [0, 6] */
    int32_t cell_clip;     /* in [0, 32767]; 0 is none */
    int32_t in_multiplier[4];
    int32_t in_shift[4];
    int32_t hidden_multiplier[4];
    int32_t hidden_shift[4];
    int32_t peephole_multiplier[4];
    int32_t peephole_shift[4];
    int32_t out_multiplier;
    int32_t out_shift;
    int32_t out_zero_point;  /* of what the cells give, in [-128, 127] */
    const int8_t *weight;    /* [cells, in_c + outputs, gates] */
    const int32_t *bias;     /* [cells, 2, gates]: of input and hidden state, zero points folded */
    const int16_t *peephole; /* [cells, gates], 0 of the cell gate; or NULL */
    const te_lstm_projection *projection; /* or NULL */
    const te_lstm_norm *norm;             /* or NULL */
} te_lstm_params;

/* For each element x of the sequence and each cell c, with hidden state h of the one before:
 *   gate = te_requantize(x by weights + bias) + te_requantize(h by weights + bias) [+ peephole],
 *          saturated to int16 after each sum, 3 integer bits;
 *   c = logistic(forget) * c + logistic(input) * tanh(cell), clipped;
 *   out = te_requantize(logistic(output) * tanh(c)) + out_zero_point, clamped to int8 [, projected];
 *   h = out.
 * `hidden` (int8, [batch, outputs]) and `cell` (int16, [batch, cells]) are one row each.
 * Scratch: `cells` bytes. The output must not overlap the input.
 */
void te_lstm_s8(const te_lstm_params *op, te_src in, te_dst out, te_dst hidden, te_dst cell,
                int32_t first, int32_t last, void *scratch);

/* The same with gates that are normalized over all cells before their functions: less their mean,
 * by their standard deviation, times `weight`, and `bias`. Scratch: (1 + 2 * `gates`) * `cells` bytes.
 */
void te_lstm_s8_norm(const te_lstm_params *op, te_src in, te_dst out, te_dst hidden, te_dst cell,
                     int32_t first, int32_t last, void *scratch);

/* The same as te_lstm_s8 for four gates, with the DSP extension. The weights of input and hidden state stand by
 * quads, [cells, quads, gates, 4], the last one of each filled up with zeros.
 * Scratch: `cells` bytes, and 8 for every quad of input and hidden state.
 */
void te_lstm_s8_dsp(const te_lstm_params *op, te_src in, te_dst out, te_dst hidden, te_dst cell,
                    int32_t first, int32_t last, void *scratch);

/* The same as te_lstm_s8 for MVE. The weights of each cell stand by gate: [gates, in_c], then [gates, outputs]. Scratch: `cells` bytes.
 */
void te_lstm_s8_mve(const te_lstm_params *op, te_src in, te_dst out, te_dst hidden, te_dst cell,
                    int32_t first, int32_t last, void *scratch);

#endif
