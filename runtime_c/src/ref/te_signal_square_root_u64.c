/* Rounded square roots, a bit at a time, portable C. */
#include "te_signal.h"
#include "te_signal_filter_bank.h"

static uint32_t te_root_u32(uint32_t value)
{
    uint32_t root = 0;
    for (uint32_t bit = UINT32_C(1) << 30; bit > 0; bit >>= 2) {
        const uint32_t next = root + bit;
        root >>= 1;
        if (value >= next) {
            value -= next;
            root += bit;
        }
    }
    return root + (value > root && root != UINT16_MAX);
}

static uint32_t te_root_u64(uint64_t value)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 62; bit > 0; bit >>= 2) {
        const uint64_t next = root + bit;
        root >>= 1;
        if (value >= next) {
            value -= next;
            root += bit;
        }
    }
    return (uint32_t)root + (value > root && root != UINT32_MAX);
}

TE_SHARED void te_signal_square_root_u64(const te_signal_square_root_params *op, te_src in,
                                         te_src scale_bits, te_dst out, int32_t first, int32_t last)
{
    const uint32_t *const from = te_src_row_u32(in, first);
    const uint32_t shift = te_src_row_u32(scale_bits, first)[0] & 31;
    uint32_t *const to = te_dst_row_u32(out, first);
    (void)last;
    for (int32_t i = 0; i < op->channels; i++) {
        const uint32_t low = from[2 * i];
        const uint32_t high = from[2 * i + 1];
        const uint32_t root = high ? te_root_u64((uint64_t)high << 32 | low) : te_root_u32(low);
        to[i] = root >> shift;
    }
}
