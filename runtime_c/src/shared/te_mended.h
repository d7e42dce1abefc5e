/* Kernels that compute as another one does, row by row, and put right what its factors miss. */
#ifndef TE_MENDED_H
#define TE_MENDED_H

#include "te_mend.h"

/* Defines KERNEL_even, which has parameters of type PARAMS: those of KERNEL, and what it misses. */
#define TE_MENDED(KERNEL, PARAMS)                                                                  \
    TE_SHARED void KERNEL##_even(const PARAMS *op, te_src in, te_dst out, int32_t first,           \
                                 int32_t last, void *scratch)                                      \
    {                                                                                              \
        for (int32_t oh = first; oh < last; oh++) {                                                \
            KERNEL(op->kernel, in, out, oh, oh + 1, scratch);                                      \
            te_mend_row(op->mend, in, out, oh);                                                    \
        }                                                                                          \
    }

/* The same for a kernel without scratch. */
#define TE_MENDED_PLAIN(KERNEL, PARAMS)                                                            \
    TE_SHARED void KERNEL##_even(const PARAMS *op, te_src in, te_dst out, int32_t first,           \
                                 int32_t last)                                                     \
    {                                                                                              \
        for (int32_t oh = first; oh < last; oh++) {                                                \
            KERNEL(op->kernel, in, out, oh, oh + 1);                                               \
            te_mend_row(op->mend, in, out, oh);                                                    \
        }                                                                                          \
    }

#endif
