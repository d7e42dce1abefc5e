/* Depthwise convolution for the DSP extension: what its kernels share, around the dot products. */
#ifndef TE_DSP_DEPTHWISE_H
#define TE_DSP_DEPTHWISE_H

#include "te_dsp_depthwise_conv2d.h"
#include "te_dsp_depthwise_pairs.h"
#include "te_dsp_depthwise_single.h"

/* The dot products of one kernel width and stride. */
typedef struct {
    void (*pairs)(const te_depthwise_pairs *pass);
    void (*single)(const te_depthwise_single *pass);
    int32_t taps;
    int32_t stride;
    /* Unpacks the records of `lanes` channels from `oc` on to `to`; null where they are bytes. */
    void (*unpack)(const te_depthwise_conv2d_dsp_params *op, int32_t oc, int32_t lanes,
                   int32_t *to);
} te_depthwise_products;

/* The kernel. A record of `weight` is: the bias; for every two rows of the window, `taps` pairs of
 * the weights of both; where `is_fused` and the window has an odd number of rows, the last one as
 * te_dsp_depthwise_single.h says, otherwise paired with 0; multiplier, offset, bits.
 */
void te_depthwise_dsp(const te_depthwise_conv2d_dsp_params *op, te_src in, te_dst out,
                      int32_t first, int32_t last, void *scratch, te_depthwise_products products);

#endif
