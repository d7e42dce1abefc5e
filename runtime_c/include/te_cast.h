/* Integers in another type. */
#ifndef TE_CAST_H
#define TE_CAST_H

#include "te_rows.h"

#define TE_CAST_BOOL 0
#define TE_CAST_S8 1
#define TE_CAST_S16 2
#define TE_CAST_U8 3
#define TE_CAST_S32 4
#define TE_CAST_U32 5
#define TE_CAST_S64 8

typedef struct {
    int32_t row_elements; /* of input and output */
    uint8_t from;         /* TE_CAST_...: the input's type */
    uint8_t to;           /* and the output's */
} te_cast_params;

/* out[i] = in[i] modulo 2^bits of the output's type; bool: whether in[i] is not 0.
 *
 * No scratch. Row progress: input rows may be overwritten once the output row that reads them is
 * done.
 */
void te_cast_s8(const te_cast_params *op, te_src in, te_dst out, int32_t first, int32_t last);

#endif
