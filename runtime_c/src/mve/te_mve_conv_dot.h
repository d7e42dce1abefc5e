/* Convolution for MVE: the dot products of two windows with all output channels.
 *
 * VMLADAVA multiplies 16 pairs of int8 and adds all products to one of the eight even registers:
 * four channels of two pixels are summed at a time, with six loads for eight instructions.
 */
#ifndef TE_MVE_CONV_DOT_H
#define TE_MVE_CONV_DOT_H

#include "te_mve.h"
#include "te_mve_conv2d.h"
#include "te_rows.h"

#define TE_MVE_TAPS 16    /* taps of a block, of one channel */
#define TE_MVE_CHANNELS 4 /* channels computed at a time */
#define TE_MVE_BLOCK_CODE 56
#define TE_MVE_UNROLLED 8
#define TE_MVE_SHORT (1 + TE_MVE_UNROLLED) /* blocks that are multiplied without a loop */

/* Pairs of windows and the channels to compute. Assembly reads the members by their places.
 *
 * A record of four channels is: blocks of 16 taps of each channel, the last one first where there are
 * TE_MVE_SHORT at most, then as int32 four biases, four
 * multipliers and four shifts, te_requantize's. Shifts are at most 0; where the outputs of negative
 * sums are not all clamped to the same, at most -1, or 0 with a multiplier of 0.
 */
typedef struct te_mve_conv_block {
    const int8_t *x_0;      /* 16 * blocks bytes of the first window */
    const int8_t *x_1;      /* and of the second, which may be the same */
    int32_t rounds;         /* of TE_MVE_UNROLLED blocks behind the first one, at least 1 */
    int32_t skipped_nbytes; /* code of the first round that is left out; of short windows' only */
    const int32_t *weight_end; /* behind the last record */
    const int32_t *weight;     /* records */
    int32_t pairs;             /* of windows, at least 1 */
    int32_t x_step;            /* bytes from a pair's windows to the next one's */
    int32_t out_step;          /* bytes from behind a pair's channels to the next one's */
    int8_t *out_0;             /* the channels of the first pixel */
    int8_t *out_1;             /* and of the second, which may be the same */
    int32_t zero_point;
    int32_t act_min;
    int32_t act_max;
    int32_t to_centre; /* bytes from a short window to 32 before its end */
} te_mve_conv_block;

#endif
