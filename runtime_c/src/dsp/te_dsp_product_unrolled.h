/* How often the loop of te_dsp_product_loops.h stands behind itself. */
#ifndef TE_DSP_PRODUCT_UNROLLED_H
#define TE_DSP_PRODUCT_UNROLLED_H

#define TE_PRODUCT_UNROLLED "8"
#define TE_PRODUCT_UNROLLED_BITS "3"

#endif
