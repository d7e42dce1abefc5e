/* Channels of a filter bank: from energies to logarithms without noise. A tensor is one row.
 *
 * uint64 elements are two words, the lower one first. No kernel has scratch or tolerates overlap,
 * unless it says so.
 */
#ifndef TE_SIGNAL_FILTER_BANK_H
#define TE_SIGNAL_FILTER_BANK_H

#include "te_rows.h"

typedef struct {
    int32_t channels;                /* of the output */
    const int16_t *weight;           /* no negative ones */
    const int16_t *unweight;         /* as many */
    const int16_t *frequency_starts; /* [channels + 1] of each band: its first input, */
    const int16_t *weight_starts;    /* [channels + 1] its first weight, */
    const int16_t *widths;           /* [channels + 1] and how many there are */
} te_signal_filter_bank_params;

/* out[c] (uint64) = Σ in * unweight over band c + Σ in * weight over band c + 1, modulo 2^64. */
void te_signal_filter_bank_u32(const te_signal_filter_bank_params *op, te_src in, te_dst out,
                               int32_t first, int32_t last);

typedef struct {
    int32_t channels; /* of input and output */
} te_signal_square_root_params;

/* out[c] (uint32) = round(√in[c]) >> (scale_bits & 31), of in uint64 and one scale_bits. The root
 * is at most 2^16 - 1 where in[c] < 2^32, else 2^32 - 1.
 */
void te_signal_square_root_u64(const te_signal_square_root_params *op, te_src in, te_src scale_bits,
                               te_dst out, int32_t first, int32_t last);

typedef struct {
    int32_t channels;          /* of all tensors */
    uint32_t smoothing[2];     /* how much of the signal the noise takes on: even, odd */
    uint32_t kept_noise[2];    /* how much of the noise stays */
    uint32_t signal_remaining; /* the least part of the signal that remains */
    uint8_t smoothing_bits;    /* fractional bits of the noise, in [0, 31] */
    uint8_t fraction_bits;     /* fractional bits of the five factors, in [0, 63] */
    uint8_t clamping;          /* the noise is no more than the signal */
} te_signal_spectral_subtraction_params;

/* What remains of uint32 channels without their noise, and the estimate of that, which the state
 * noise [channels] holds too.
 */
void te_signal_spectral_subtraction_u32(const te_signal_spectral_subtraction_params *op, te_src in,
                                        te_dst out, te_dst noise_estimate, te_dst noise,
                                        int32_t first, int32_t last);

typedef struct {
    int32_t channels;    /* of all tensors */
    int32_t snr_shift;   /* in [0, 63] */
    const int16_t *gain; /* [125]: those of 0, 1 and 2, then three and one unused per octave */
} te_signal_pcan_params;

/* snr = in * gain(noise) >> snr_shift has 12 fractional bits; out has 6: snr² / 4 below 2, else
 * snr - 1. All uint32. Element progress.
 */
void te_signal_pcan_u32(const te_signal_pcan_params *op, te_src in, te_src noise, te_dst out,
                        int32_t first, int32_t last);

typedef struct {
    int32_t channels;          /* of input and output */
    uint32_t output_scale;     /* of a 16-bit fraction */
    int32_t correction_bits;   /* to the left, in [0, 31] */
    const uint16_t *log_table; /* [129] log2(1 + i / 128) - i / 128 in 16 bits */
} te_signal_log_params;

/* out[c] (int16) = min(ln(in[c] << correction_bits) * output_scale >> 16, 32767) of in uint32; 0
 * where that is below 2.
 */
void te_signal_log_u32(const te_signal_log_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last);

#endif
