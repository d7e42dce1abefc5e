/* Spectra of real vectors, portable C. */
#include "te_fft.h"

/* Takes the spectra of even and odd samples, which the FFT of both as one complex vector mixes,
 * apart, and makes that of all samples of them; from both ends, in place.
 */
static void te_unmix(const te_fft *fft, int16_t *spectrum)
{
    const int32_t n = fft->values;
    const te_complex ends = te_divided(spectrum, INT16_MAX / 2);
    const te_complex zero = {ends.re + ends.im, 0};
    const te_complex nyquist = {ends.re - ends.im, 0};
    te_put(spectrum, zero);
    te_put(spectrum + 2 * n, nyquist);
    for (int32_t k = 1; k <= n / 2; k++) {
        int16_t *const here = spectrum + 2 * k;
        int16_t *const there = spectrum + 2 * (n - k);
        const int16_t mirrored[2] = {there[0], (int16_t)-there[1]};
        const te_complex a = te_divided(here, INT16_MAX / 2);
        const te_complex b = te_divided(mirrored, INT16_MAX / 2);
        const te_complex even = te_sum(a, b);
        const te_complex odd = te_product(te_difference(a, b), fft->mixing + 2 * (k - 1));
        const te_complex low = {(even.re + odd.re) >> 1, (even.im + odd.im) >> 1};
        const te_complex high = {(even.re - odd.re) >> 1, (odd.im - even.im) >> 1};
        te_put(here, low);
        te_put(there, high);
    }
}

TE_SHARED void te_signal_rfft_s16(const te_signal_rfft_params *op, te_src in, te_dst out,
                                  int32_t first, int32_t last)
{
    const te_fft *const fft = op->fft;
    for (int32_t row = first; row < last; row++) {
        const int16_t *from = te_src_row_s16(in, row);
        int16_t *to = te_dst_row_s16(out, row);
        for (int32_t vector = 0; vector < op->vectors; vector++) {
            for (int32_t i = 0; i < fft->values; i++) {
                const int32_t sample = 2 * fft->order[i];
                to[2 * i] = (int16_t)(sample < op->samples ? from[sample] : 0);
                to[2 * i + 1] = (int16_t)(sample + 1 < op->samples ? from[sample + 1] : 0);
            }
            te_fft_s16(fft, to);
            te_unmix(fft, to);
            from += op->samples;
            to += 2 * fft->values + 2;
        }
    }
}
