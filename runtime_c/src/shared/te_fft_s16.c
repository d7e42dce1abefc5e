/* The stages of a mixed-radix FFT, decimated in time, on 15-bit fractions.
 *
 * Each butterfly divides its operands by the radix, so that only sums at its end can leave 16 bits;
 * those are cut. `length` values of each part have been computed before; `step` twiddles lie
 * between one and the next.
 */
#include "te_fft.h"

static void te_fft_2(int16_t *data, const int16_t *twiddles, int32_t length, int32_t step)
{
    for (int32_t i = 0; i < length; i++, data += 2) {
        int16_t *const second = data + 2 * length;
        const te_complex a = te_divided(data, INT16_MAX / 2);
        const te_complex b = te_product(te_divided(second, INT16_MAX / 2), twiddles + 2 * i * step);
        te_put(second, te_difference(a, b));
        te_put(data, te_sum(a, b));
    }
}

/* Twiddle `length * step` is exp(-+2 pi i / 3). */
static void te_fft_3(int16_t *data, const int16_t *twiddles, int32_t length, int32_t step)
{
    const int32_t sine = twiddles[2 * length * step + 1];
    for (int32_t i = 0; i < length; i++, data += 2) {
        int16_t *const second = data + 2 * length;
        int16_t *const third = data + 4 * length;
        const te_complex a = te_divided(data, INT16_MAX / 3);
        const te_complex b = te_product(te_divided(second, INT16_MAX / 3), twiddles + 2 * i * step);
        const te_complex c = te_product(te_divided(third, INT16_MAX / 3), twiddles + 4 * i * step);
        const te_complex total = te_sum(b, c);
        const te_complex gap = te_difference(b, c);
        const te_complex side = {te_fraction(gap.re * sine), te_fraction(gap.im * sine)};
        const te_complex middle = {a.re - (total.re >> 1), a.im - (total.im >> 1)};
        te_put(data, te_sum(a, total));
        te_put(second, te_sum(middle, te_turned(side)));
        te_put(third, te_difference(middle, te_turned(side)));
    }
}

/* The quarter turn is that of the twiddles: twiddle `length * step` is -+i. */
static void te_fft_4(int16_t *data, const int16_t *twiddles, int32_t length, int32_t step)
{
    const int32_t is_inverse = twiddles[2 * length * step + 1] > 0;
    for (int32_t i = 0; i < length; i++, data += 2) {
        int16_t *const second = data + 2 * length;
        int16_t *const third = data + 4 * length;
        int16_t *const fourth = data + 6 * length;
        const te_complex a = te_divided(data, INT16_MAX / 4);
        const te_complex b = te_product(te_divided(second, INT16_MAX / 4), twiddles + 2 * i * step);
        const te_complex c = te_product(te_divided(third, INT16_MAX / 4), twiddles + 4 * i * step);
        const te_complex d = te_product(te_divided(fourth, INT16_MAX / 4), twiddles + 6 * i * step);
        const te_complex even = te_sum(a, c);
        const te_complex even_gap = te_difference(a, c);
        const te_complex odd = te_sum(b, d);
        const te_complex turned = te_turned(is_inverse ? te_difference(b, d) : te_difference(d, b));
        te_put(data, te_sum(even, odd));
        te_put(second, te_sum(even_gap, turned));
        te_put(third, te_difference(even, odd));
        te_put(fourth, te_difference(even_gap, turned));
    }
}

/* x * fx + y * fy, each product rounded. */
static te_complex te_fft_blend(te_complex x, int32_t fx, te_complex y, int32_t fy)
{
    const te_complex blend = {te_fraction(x.re * fx) + te_fraction(y.re * fy),
                              te_fraction(x.im * fx) + te_fraction(y.im * fy)};
    return blend;
}

/* Twiddles `length * step` and twice that are the fifth roots that a butterfly mixes with. */
static void te_fft_5(int16_t *data, const int16_t *twiddles, int32_t length, int32_t step)
{
    const int16_t *const one = twiddles + 2 * length * step;
    const int16_t *const two = twiddles + 4 * length * step;
    for (int32_t i = 0; i < length; i++, data += 2) {
        te_complex x[5];
        x[0] = te_divided(data, INT16_MAX / 5);
        for (int32_t part = 1; part < 5; part++) {
            const te_complex value = te_divided(data + 2 * part * length, INT16_MAX / 5);
            x[part] = te_product(value, twiddles + 2 * i * step * part);
        }
        const te_complex near = te_sum(x[1], x[4]);
        const te_complex near_gap = te_difference(x[1], x[4]);
        const te_complex far = te_sum(x[2], x[3]);
        const te_complex far_gap = te_difference(x[2], x[3]);
        const te_complex first = te_sum(x[0], te_fft_blend(near, one[0], far, two[0]));
        const te_complex second = te_sum(x[0], te_fft_blend(near, two[0], far, one[0]));
        const te_complex first_side = te_turned(te_fft_blend(near_gap, one[1], far_gap, two[1]));
        const te_complex second_side = {
            te_fraction(far_gap.im * one[1]) - te_fraction(near_gap.im * two[1]),
            te_fraction(near_gap.re * two[1]) - te_fraction(far_gap.re * one[1])};
        te_put(data, te_sum(x[0], te_sum(near, far)));
        te_put(data + 2 * length, te_sum(first, first_side));
        te_put(data + 4 * length, te_sum(second, second_side));
        te_put(data + 6 * length, te_difference(second, second_side));
        te_put(data + 8 * length, te_difference(first, first_side));
    }
}

TE_SHARED void te_fft_s16(const te_fft *fft, int16_t *data)
{
    int32_t length = 1;
    int32_t step = fft->values;
    for (int32_t stage = 0; stage < fft->stages; stage++) {
        const int32_t radix = fft->radices[stage];
        step /= radix;
        for (int32_t at = 0; at < fft->values; at += length * radix) {
            int16_t *const block = data + 2 * at;
            if (radix == 4) {
                te_fft_4(block, fft->twiddles, length, step);
            } else if (radix == 2) {
                te_fft_2(block, fft->twiddles, length, step);
            } else if (radix == 3) {
                te_fft_3(block, fft->twiddles, length, step);
            } else {
                te_fft_5(block, fft->twiddles, length, step);
            }
        }
        length *= radix;
    }
}
