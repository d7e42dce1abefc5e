/* Dot products of one row with int16 weights of four outputs at a time, whose sums stay as they are.
 *
 * A record of four outputs is: their biases, then for every pair of the row, a multiple of four, a
 * pair of weights of each.
 */
#ifndef TE_DSP_PRODUCT_SUMS_H
#define TE_DSP_PRODUCT_SUMS_H

#define TE_PRODUCT_STORE(sum) "str " sum ", [r1], #4\n\t"
#include "te_dsp_product.h"

#if TE_HAS_DSP

/* Writes the sums to `out` of the row, as words. */
TE_NAKED static void te_product_sums(const te_product_row *row __attribute__((unused)))
{
    __asm__(TE_PRODUCT_DOT("ldm r0!, {r9-r12}\n\t",
                           TE_PRODUCT_PAIR_W16("r5") TE_PRODUCT_PAIR_W16("r6")
                               TE_PRODUCT_PAIR_W16("r7") TE_PRODUCT_PAIR_W16("r8"),
                           "84", "6: 7:\n\t"));
}

#else

/* Does what the assembly does. */
static inline void te_product_sums(const te_product_row *row)
{
    int32_t *sums = (int32_t *)(void *)row->out;
    for (const int32_t *record = row->weight; record != row->weight_end;) {
        __builtin_memcpy(sums, record, 4 * sizeof *sums);
        record += 4;
        for (const int32_t *x = row->x; x != row->x_end; x++) {
            for (int32_t output = 0; output < 4; output++) {
                sums[output] = te_smlad(*x, record[output], sums[output]);
            }
            record += 4;
        }
        sums += 4;
    }
}

#endif

/* Copies `count` elements to `x`, with zeros up to `pairs` pairs. */
static inline void te_product_copy(int32_t *x, int32_t pairs, const int16_t *from, int32_t count)
{
    const size_t nbytes = (size_t)count * sizeof *from;
    __builtin_memcpy(x, from, nbytes);
    __builtin_memset((int8_t *)x + nbytes, 0, (size_t)pairs * sizeof *x - nbytes);
}

#endif
