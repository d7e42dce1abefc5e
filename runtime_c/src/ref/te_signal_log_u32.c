/* Natural logarithms by a table, portable C. */
#include "te_signal.h"
#include "te_signal_filter_bank.h"

/* The natural logarithm of 2, and 1/2, as 16-bit fractions. */
#define TE_LN_2 UINT32_C(45426)
#define TE_HALF (UINT32_C(1) << 15)

/* The logarithm to base 2 of a value above 0 as a 16-bit fraction, straight between two entries. */
static uint32_t te_log2(const uint16_t *table, uint32_t value)
{
    const int32_t octave = te_bit_length(value) - 1;
    const uint32_t rest = value - (UINT32_C(1) << octave);
    const uint32_t fraction = octave < 16 ? rest << (16 - octave) : rest >> (octave - 16);
    const uint32_t segment = fraction >> 9;
    const int32_t within = (int32_t)(fraction & 0x1FF);
    const int32_t low = table[segment];
    const int32_t between = ((table[segment + 1] - low) * within) >> 16;
    return ((uint32_t)octave << 16) + fraction + (uint32_t)(low + between);
}

TE_SHARED void te_signal_log_u32(const te_signal_log_params *op, te_src in, te_dst out,
                                 int32_t first, int32_t last)
{
    const uint32_t *const from = te_src_row_u32(in, first);
    int16_t *const to = te_dst_row_s16(out, first);
    (void)last;
    for (int32_t i = 0; i < op->channels; i++) {
        const uint32_t value = from[i] << op->correction_bits;
        uint32_t scaled = 0;
        if (value > 1) {
            const uint64_t log2 = te_log2(op->log_table, value);
            const uint32_t natural = (uint32_t)((log2 * TE_LN_2 + TE_HALF) >> 16);
            scaled = (op->output_scale * natural + TE_HALF) >> 16;
        }
        to[i] = (int16_t)(scaled < INT16_MAX ? scaled : INT16_MAX);
    }
}
