/* Four elements of a scaled sum: the inner loop of sums and differences. */
#ifndef TE_DSP_ELEMENTWISE_ADD_H
#define TE_DSP_ELEMENTWISE_ADD_H

#include "te_dsp_elementwise.h"

/* A sum of two bytes: lhs * lhs_factor / 2^8 + rhs * rhs_factor / 2^8 + offset is its value. */
typedef struct {
    int32_t lhs_factor;
    int32_t rhs_factor;
    int32_t offset;
} te_scaled_sum;

#if TE_HAS_DSP

/* 18 or 19 instructions, in an order in which none waits for the one before it.
 *
 * A multiply-accumulate takes a byte in place from the high byte of a half. e, f: elements 0 and 2
 * of r and l, which keep 1 and 3. v, w, e, r: values 0, 1, 2 and 3, then e, r: pairs. SHIFT makes
 * e and r outputs in the high bytes, and clears the low ones of r.
 */
#define TE_ADD_QUAD(SHIFT)                                                                         \
    __asm__("and %[e], %[mask], %[r], lsl #8\n\t"                                                  \
            "and %[r], %[r], #0xff00ff00\n\t"                                                      \
            "and %[f], %[mask], %[l], lsl #8\n\t"                                                  \
            "and %[l], %[l], #0xff00ff00\n\t"                                                      \
            "smlawb %[v], %[rf], %[e], %[offset]\n\t"                                              \
            "smlawb %[w], %[rf], %[r], %[offset]\n\t"                                              \
            "smlawt %[e], %[rf], %[e], %[offset]\n\t"                                              \
            "smlawt %[r], %[rf], %[r], %[offset]\n\t"                                              \
            "smlawb %[v], %[lf], %[f], %[v]\n\t"                                                   \
            "smlawb %[w], %[lf], %[l], %[w]\n\t"                                                   \
            "smlawt %[e], %[lf], %[f], %[e]\n\t"                                                   \
            "smlawt %[r], %[lf], %[l], %[r]\n\t"                                                   \
            "pkhtb %[e], %[e], %[v], asr #16\n\t"                                                  \
            "pkhtb %[r], %[r], %[w], asr #16\n\t" SHIFT "uxtab16 %[r], %[r], %[e], ror #8"         \
            : [l] "+r"(l), [r] "+r"(r), [e] "=&r"(e), [f] "=&r"(f), [v] "=&r"(v), [w] "=&r"(w)     \
            : [mask] "r"(TE_HIGH_BYTES), [lf] "r"(sum.lhs_factor), [rf] "r"(sum.rhs_factor),       \
              [offset] "r"(sum.offset))

/* Four outputs. */
static inline int32_t te_add_quad(te_scaled_sum sum, int32_t l, int32_t r, const int32_t doublings)
{
    int32_t e;
    int32_t f;
    int32_t v;
    int32_t w;
    if (doublings == 1) {
        TE_ADD_QUAD("qadd16 %[r], %[r], %[r]\n\t"
                    "qadd16 %[e], %[e], %[e]\n\t"
                    "and %[r], %[r], #0xff00ff00\n\t");
    } else if (doublings == 2) {
        TE_ADD_QUAD("ssat16 %[r], #14, %[r]\n\t"
                    "ssat16 %[e], #14, %[e]\n\t"
                    "and %[r], %[mask], %[r], lsl #2\n\t"
                    "lsl %[e], %[e], #2\n\t");
    } else {
        TE_ADD_QUAD("ssat16 %[r], #13, %[r]\n\t"
                    "ssat16 %[e], #13, %[e]\n\t"
                    "and %[r], %[mask], %[r], lsl #3\n\t"
                    "lsl %[e], %[e], #3\n\t");
    }
    return r;
}

#else

static inline int32_t te_add_quad(te_scaled_sum sum, int32_t l, int32_t r, const int32_t doublings)
{
    const int32_t mask = TE_HIGH_BYTES;
    const int32_t l02 = te_even_times_256(l, mask);
    const int32_t l13 = te_odd_times_256(l, mask);
    const int32_t r02 = te_even_times_256(r, mask);
    const int32_t r13 = te_odd_times_256(r, mask);
    const int32_t v0 = te_smlawb(sum.rhs_factor, r02, sum.offset);
    const int32_t v2 = te_smlawt(sum.rhs_factor, r02, sum.offset);
    const int32_t v1 = te_smlawb(sum.rhs_factor, r13, sum.offset);
    const int32_t v3 = te_smlawt(sum.rhs_factor, r13, sum.offset);
    return te_outputs_of(te_smlawb(sum.lhs_factor, l02, v0), te_smlawb(sum.lhs_factor, l13, v1),
                         te_smlawt(sum.lhs_factor, l02, v2), te_smlawt(sum.lhs_factor, l13, v3),
                         mask, doublings);
}

#endif

#endif
