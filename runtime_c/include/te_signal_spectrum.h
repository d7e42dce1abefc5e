/* Spectra of sound: complex values are pairs of int16, real part first. */
#ifndef TE_SIGNAL_SPECTRUM_H
#define TE_SIGNAL_SPECTRUM_H

#include "te_rows.h"

typedef struct {
    int32_t elements; /* of input and output */
} te_signal_fft_auto_scale_params;

/* out = in << bits, cut to 16 bits, as far left as the greatest magnitude allows; scale_bits (one
 * int32) is by how many. That of -32768 is itself, and less than any that follows. No scratch, no
 * overlap.
 */
void te_signal_fft_auto_scale_s16(const te_signal_fft_auto_scale_params *op, te_src in, te_dst out,
                                  te_dst scale_bits, int32_t first, int32_t last);

/* A complex FFT of 15-bit fractions, divided by its length. */
typedef struct {
    int32_t values;          /* its length: a product of the radices */
    int32_t stages;          /* their number */
    const uint8_t *radices;  /* 2, 3, 4 or 5 of each stage, in the order of computation */
    const uint16_t *order;   /* rfft: the value that stands at each place; irfft: its place */
    const int16_t *twiddles; /* [values, 2] exp(-2 pi i k / values); conjugate for irfft */
    const int16_t *mixing;   /* [values / 2, 2] exp(-pi i ((k + 1) / values + 1 / 2)); likewise */
} te_fft;

typedef struct {
    int32_t vectors; /* of a row */
    int32_t samples; /* of an input vector, at most 2 * values: zeros follow */
    const te_fft *fft;
} te_signal_rfft_params;

/* Spectra [values + 1, 2] of real vectors [samples]. No scratch, no overlap. */
void te_signal_rfft_s16(const te_signal_rfft_params *op, te_src in, te_dst out, int32_t first,
                        int32_t last);

typedef struct {
    int32_t vectors; /* of a row */
    const te_fft *fft;
} te_signal_irfft_params;

/* Real vectors [2 * values] of spectra [values + 1, 2]. No scratch, no overlap. */
void te_signal_irfft_s16(const te_signal_irfft_params *op, te_src in, te_dst out, int32_t first,
                         int32_t last);

typedef struct {
    int32_t elements; /* of the output */
    int32_t start;    /* the first one that is computed */
    int32_t end;      /* behind the last one */
} te_signal_energy_params;

/* out[i] = re² + im² of in[i] as uint32 for i in [start, end), else 0. No scratch, no overlap. */
void te_signal_energy_s16(const te_signal_energy_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last);

#endif
