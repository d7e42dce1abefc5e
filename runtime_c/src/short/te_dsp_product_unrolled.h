/* How often the loop of te_dsp_product_loops.h stands behind itself where the cache of code has no
 * more than 1 KiB: with 504 bytes all of it stays there.
 */
#ifndef TE_DSP_PRODUCT_UNROLLED_H
#define TE_DSP_PRODUCT_UNROLLED_H

#define TE_PRODUCT_UNROLLED "4"
#define TE_PRODUCT_UNROLLED_BITS "2"

#endif
