/* Outputs of sums that a kernel's factors miss: what is known of them, and how they are put right.
 */
#ifndef TE_MEND_H
#define TE_MEND_H

#include "te_rows.h"

/* A convolution, depthwise or not, or a product with a matrix as one of a pixel; and the sums of
 * which its kernel gives another output than it should.
 */
typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t out_w;
    int32_t kernel_h;
    int32_t kernel_w;
    int32_t depth; /* input channels of a window */
    int32_t stride_h;
    int32_t stride_w;
    int32_t dilation_h;
    int32_t dilation_w;
    int32_t pad_top;
    int32_t pad_left;
    int32_t in_zero_point;
    int32_t weight_zero_point;
    int32_t sharing;         /* output channels whose windows begin at the same input channel */
    int32_t in_pixel_step;   /* bytes from one input pixel to the next */
    int32_t in_channel_step; /* bytes from one input channel to the next */
    int32_t out_pixel_step;  /* and so for the output */
    int32_t out_channel_step;
    int32_t count;        /* of misses */
    const int8_t *weight; /* [missed channels, kernel_h, kernel_w, depth] */
    const int32_t *bias;  /* [missed channels] */
    const int32_t *miss;  /* [count, TE_MISS_WORDS], channel by channel */
} te_mend_params;

/* What is known of a miss, as words. */
enum {
    TE_MISS_CHANNEL,
    TE_MISS_SUM,   /* sum of (in - in_zero_point) * (weight - weight_zero_point) + bias */
    TE_MISS_FOUND, /* the output that the kernel gives for it */
    TE_MISS_RIGHT,
    TE_MISS_WORDS
};

/* Puts the outputs of row `oh` right, which has just been computed: where one is as it was found
 * its sum is computed anew. The rows of the input that it has been computed from must still be there.
 */
void te_mend_row(const te_mend_params *op, te_src in, te_dst out, int32_t oh);

#endif
