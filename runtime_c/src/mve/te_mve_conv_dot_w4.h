/* Convolution for MVE: the dot products of two windows with weights of 4 bits.
 *
 * A byte of weights is a + 16 * b, signed, for a tap of channels a and b: multiplied as it is, it
 * gives (sum of a) + 16 * (sum of b). Shifted to the left by 4 bits it is 16 * a, and gives 16 * (sum
 * of a). So a shift does for a load, and a block takes as many instructions as one of int8 weights.
 *
 * A record of four channels a to d is: blocks of 16 taps, of a and b and then of c and d; the same
 * factors as those of int8 weights. No byte may be below -128: no a below 0 where b is -8.
 */
#ifndef TE_MVE_CONV_DOT_W4_H
#define TE_MVE_CONV_DOT_W4_H

#include "te_mve_conv_dot.h"

#endif
