/* Ask the caller for the rows of a streamed input. */
#include "te_read_rows.h"

TE_SHARED void te_read_rows(te_reader *reader, te_dst out, int32_t first, int32_t last)
{
    for (int32_t row = first; row < last && reader->status == 0; row++) {
        reader->status = reader->read_row(reader->context, row, te_dst_row(out, row));
    }
}
