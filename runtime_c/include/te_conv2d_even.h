/* Two-dimensional convolution, rounded once, halves to even. */
#ifndef TE_CONV2D_EVEN_H
#define TE_CONV2D_EVEN_H

#include "te_conv2d.h"

/* As te_conv2d_s8, but with te_requantize_even for te_requantize: `multiplier` are mantissas in
 * [2^23, 2^24), and a factor is multiplier / 2^shift, with shift in [4, 84].
 */
void te_conv2d_s8_even(const te_conv2d_params *op, te_src in, te_dst out, int32_t first,
                       int32_t last);

#endif
