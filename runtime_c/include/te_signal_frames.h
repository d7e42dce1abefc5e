/* Sound as frames: windows over them, and the streams that they are cut from and put together to.
 *
 * Elements are int16. All but the window have a stream of one row, and states of one row each.
 */
#ifndef TE_SIGNAL_FRAMES_H
#define TE_SIGNAL_FRAMES_H

#include "te_rows.h"

typedef struct {
    int32_t row_elements;  /* of input and output: a whole number of windows */
    int32_t size;          /* elements of the window */
    int32_t shift;         /* to the right, in [0, 31] */
    const int16_t *weight; /* [size] */
} te_signal_window_params;

/* out[i] = clamp(in[i] * weight[i % size] >> shift). No scratch. Element progress. */
void te_signal_window_s16(const te_signal_window_params *op, te_src in, te_dst out, int32_t first,
                          int32_t last);

typedef struct {
    int32_t frames;     /* of a call */
    int32_t frame_size; /* samples of a frame */
    int32_t frame_step; /* new samples for each, in [1, frame_size] */
    int32_t kept;       /* samples that the queue has room for */
    uint8_t prefill;    /* the queue begins full of zeros */
} te_signal_framer_params;

/* Output [frames, frame_size] of input [frames * frame_step], and valid (one byte): 1 if all of
 * them are full, else 0; one that is not is zeros. queue [kept] holds what further frames need,
 * count its samples unless prefilled. No scratch, no overlap.
 */
void te_signal_framer_s16(const te_signal_framer_params *op, te_src in, te_dst out, te_dst valid,
                          te_dst queue, te_dst count, int32_t first, int32_t last);

typedef struct {
    int32_t channels; /* elements of a frame */
    int32_t frames;   /* of the output */
    int32_t left;     /* frames before the first one, which it stands for */
    int32_t step;     /* frames from one full output to the next, in [1, frames] */
} te_signal_stacker_params;

/* Output [frames * channels]: the last frames, of which input [channels] is the newest; valid (one
 * byte) is 0 and the output zeros until all are there. queue [(frames - 1) * channels] holds them;
 * count is 0 before the first, then 1 more than the frames of the queue. No scratch, no overlap.
 */
void te_signal_stacker_s16(const te_signal_stacker_params *op, te_src in, te_dst out, te_dst valid,
                           te_dst queue, te_dst count, int32_t first, int32_t last);

typedef struct {
    int32_t samples; /* of a call */
    int32_t delay;   /* samples that the queue holds */
} te_signal_delay_params;

/* Output [samples]: the stream of the input `delay` samples ago. No scratch, no overlap. */
void te_signal_delay_s16(const te_signal_delay_params *op, te_src in, te_dst out, te_dst queue,
                         int32_t first, int32_t last);

typedef struct {
    int32_t frames;     /* of a call */
    int32_t frame_size; /* samples of a frame */
    int32_t frame_step; /* samples from one frame to the next, in [1, frame_size] */
} te_signal_overlap_add_params;

/* Output [frames * frame_step]: frames [frames, frame_size] added up, clamped to int16. sums
 * [frame_size - frame_step] holds what further frames are added to. No scratch, no overlap.
 */
void te_signal_overlap_add_s16(const te_signal_overlap_add_params *op, te_src in, te_dst out,
                               te_dst sums, int32_t first, int32_t last);

#endif
