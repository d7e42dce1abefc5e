/* Real vectors of spectra, portable C. */
#include "te_fft.h"

/* Mixes a spectrum into that of even samples as real and odd ones as imaginary parts, each value
 * where the FFT wants it.
 */
static void te_mix(const te_fft *fft, const int16_t *spectrum, int16_t *data)
{
    const int32_t n = fft->values;
    const int16_t ends[2] = {(int16_t)(spectrum[0] + spectrum[2 * n]),
                             (int16_t)(spectrum[0] - spectrum[2 * n])};
    te_put(data + 2 * fft->order[0], te_divided(ends, INT16_MAX / 2));
    for (int32_t k = 1; k <= n / 2; k++) {
        const int16_t *const there = spectrum + 2 * (n - k);
        const int16_t mirrored[2] = {there[0], (int16_t)-there[1]};
        const te_complex a = te_divided(spectrum + 2 * k, INT16_MAX / 2);
        const te_complex b = te_divided(mirrored, INT16_MAX / 2);
        const te_complex even = te_sum(a, b);
        const te_complex odd = te_product(te_difference(a, b), fft->mixing + 2 * (k - 1));
        const te_complex high = {even.re - odd.re, odd.im - even.im};
        te_put(data + 2 * fft->order[k], te_sum(even, odd));
        te_put(data + 2 * fft->order[n - k], high);
    }
}

TE_SHARED void te_signal_irfft_s16(const te_signal_irfft_params *op, te_src in, te_dst out,
                                   int32_t first, int32_t last)
{
    const te_fft *const fft = op->fft;
    for (int32_t row = first; row < last; row++) {
        const int16_t *from = te_src_row_s16(in, row);
        int16_t *to = te_dst_row_s16(out, row);
        for (int32_t vector = 0; vector < op->vectors; vector++) {
            te_mix(fft, from, to);
            te_fft_s16(fft, to);
            from += 2 * fft->values + 2;
            to += 2 * fft->values;
        }
    }
}
