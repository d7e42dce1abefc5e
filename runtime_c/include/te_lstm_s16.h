/* Long short-term memory of int16, with weights of int8. */
#ifndef TE_LSTM_S16_H
#define TE_LSTM_S16_H

#include "te_rows.h"

/* Arrays have one entry by gate, in the order forget, cell, output, input. */
typedef struct {
    int32_t in_c;             /* elements of an element of the sequence */
    int32_t cells;            /* and elements of the hidden state */
    int32_t sequences;        /* elements of sequences in a row: in time, or over the batch */
    int32_t is_time_major;    /* 1: rows follow each other in time; 0: rows are those of a batch */
    int32_t cell_bits;        /* integer bits of the cells, in [0, 6] */
    int32_t cell_clip;        /* in [0, 32767]; 0 is none */
    int32_t in_multiplier[4]; /* in [0, 2^15) */
    int32_t in_shift[4];      /* in [8, 46] */
    int32_t hidden_multiplier[4]; /* in [0, 2^15) */
    int32_t hidden_shift[4];      /* in [8, 46] */
    int32_t out_multiplier;
    int32_t out_shift;        /* in [-31, 0] */
    const int8_t *weight;     /* of input and hidden state; null where `records` has them */
    const int32_t *records;   /* see te_lstm_s16_dsp, else null */
    const int32_t *bias;      /* [cells, 4]; null where sums are wide, or among `records` */
    const int64_t *wide_bias; /* [cells, 4] where sums are wide, else null */
    const uint16_t *table;    /* [256]: 65536 / (1 + exp(-i / 24)) */
} te_lstm_s16_params;

/* For each element x of the sequence and each cell c, with hidden state h of the one before:
 *   gate = te_requantize_wide(x by weights + bias) + te_requantize_wide(h by weights), saturated to
 *          int16 after each step, 3 integer bits;
 *   c = logistic(forget) * c + logistic(input) * tanh(cell), clipped;
 *   h = out = te_requantize(logistic(output) * tanh(c)), saturated to int16.
 * `hidden` (int16, [batch, cells]) and `cell` (int16, [batch, cells]) are one row each. The results
 * of te_requantize_wide must fit 32 bits. The output must not overlap the input.
 */

/* Sums fit 32 bits. Weights are int8, [cells, in_c + cells, 4]. Scratch: 2 * `cells` bytes. */
void te_lstm_s16(const te_lstm_s16_params *op, te_src in, te_dst out, te_dst hidden, te_dst cell,
                 int32_t first, int32_t last, void *scratch);

/* The same with sums of 64 bits, within 2^47. */
void te_lstm_s16_wide(const te_lstm_s16_params *op, te_src in, te_dst out, te_dst hidden,
                      te_dst cell, int32_t first, int32_t last, void *scratch);

/* With the DSP extension; sums fit 32 bits. There is a record for each cell, of the input, then
 * one for each of the hidden state. A record has the biases of the four gates, and for every
 * pair of elements, a multiple of four, a pair of weights of each gate, in int16.
 * Scratch, aligned to 4: 4 bytes for every such pair of input and hidden state, and 2 * `cells`.
 */
void te_lstm_s16_dsp(const te_lstm_s16_params *op, te_src in, te_dst out, te_dst hidden,
                     te_dst cell, int32_t first, int32_t last, void *scratch);

/* With MVE; sums fit 32 bits. Weights are int8 and stand by cell and gate: [4, in_c], then
 * [4, cells]. Scratch: 2 * `cells` bytes.
 */
void te_lstm_s16_mve(const te_lstm_s16_params *op, te_src in, te_dst out, te_dst hidden,
                     te_dst cell, int32_t first, int32_t last, void *scratch);

#endif
