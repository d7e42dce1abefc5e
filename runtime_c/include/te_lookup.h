/* Lookup: a unary function of one byte, as a table. */
#ifndef TE_LOOKUP_H
#define TE_LOOKUP_H

#include "te_rows.h"

#include <stdint.h>

/* The function, and the rows that it is applied to. */
typedef struct {
    int32_t row_bytes;   /* bytes of a row */
    const int8_t *table; /* 256 results, for 0, 1, ... 127, -128, ... -1 */
} te_lookup_params;

/* out[i] = table[(uint8_t)in[i]]
 *
 * For tensors of any shape. Output row r reads input row r. No scratch. Element progress: the
 * output may stand where the input stands.
 */
void te_lookup_s8(const te_lookup_params *op, te_src in, te_dst out, int32_t first, int32_t last);

#endif
