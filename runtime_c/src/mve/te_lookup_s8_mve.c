/* Unary functions of int8 by table, MVE. */
#include "te_lookup_mve.h"

#include "te_mve.h"

#if TE_HAS_MVE

static inline void te_mve_lookup(const te_lookup_params *op, const int8_t *in, int8_t *out)
{
    __asm__ volatile("wlstp.8 lr, %[count], 2f\n"
                     "1:\tvldrb.8 q0, [%[in]], #16\n\t"
                     "vldrb.u8 q1, [%[table], q0]\n\t"
                     "vstrb.8 q1, [%[out]], #16\n\t"
                     "letp lr, 1b\n"
                     "2:"
                     : [in] "+r"(in), [out] "+r"(out)
                     : [count] "r"(op->row_bytes), [table] "r"(op->table)
                     : "lr", "q0", "q1", "memory");
}

#else

static inline void te_mve_lookup(const te_lookup_params *op, const int8_t *in, int8_t *out)
{
    for (int32_t i = 0; i < op->row_bytes; i++) {
        out[i] = op->table[(uint8_t)in[i]];
    }
}

#endif

TE_SHARED void te_lookup_s8_mve(const te_lookup_params *op, te_src in, te_dst out, int32_t first,
                                int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        te_mve_lookup(op, te_src_row(in, row), te_dst_row(out, row));
    }
}
