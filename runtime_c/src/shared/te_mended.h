/* Kernels that compute as another one does, row by row, and put right what its factors miss. */
#ifndef TE_MENDED_H
#define TE_MENDED_H

#include "te_mend.h"

/* Defines the kernel NAME, which has parameters of type PARAMS: those of KERNEL, and what it misses.
 * Where that is nothing, rows are computed together.
 */
#define TE_MENDED(NAME, PARAMS, KERNEL)                                                            \
    TE_SHARED void NAME(const PARAMS *op, te_src in, te_dst out, int32_t first, int32_t last,      \
                        void *scratch)                                                             \
    {                                                                                              \
        const int32_t step = op->mend->count == 0 ? last - first : 1;                              \
        for (int32_t oh = first; oh < last; oh += step) {                                          \
            KERNEL(op->kernel, in, out, oh, oh + step, scratch);                                   \
            te_mend_row(op->mend, in, out, oh);                                                    \
        }                                                                                          \
    }

/* The same for a kernel without scratch. */
#define TE_MENDED_PLAIN(NAME, PARAMS, KERNEL)                                                      \
    TE_SHARED void NAME(const PARAMS *op, te_src in, te_dst out, int32_t first, int32_t last)      \
    {                                                                                              \
        const int32_t step = op->mend->count == 0 ? last - first : 1;                              \
        for (int32_t oh = first; oh < last; oh += step) {                                          \
            KERNEL(op->kernel, in, out, oh, oh + step);                                            \
            te_mend_row(op->mend, in, out, oh);                                                    \
        }                                                                                          \
    }

#endif
