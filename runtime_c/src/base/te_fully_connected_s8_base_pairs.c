/* Fully connected operator of int8 for cores without DSP: two outputs to a multiplication. */
#include "te_base_fully_connected_pairs.h"
#include "te_base_product_pairs.h"

/* Says how the sums of every chunk begin. */
static void te_fully_connected_chunks(const te_fully_connected_base_pairs_params *op,
                                      const int8_t *in, te_pairs_chunk *to)
{
    const uint32_t more = (uint32_t)op->weight_offset * 0x10001U;
    for (int32_t i = 0; i < op->chunks; i++) {
        const int32_t pairs = op->chunk[i];
        int32_t sum = 0;
        for (const int8_t *const end = in + 2 * pairs; in < end; in += 2) {
            sum += in[0] + in[1];
        }
        if (pairs == 0) {
            sum = *in++;
        }
        to->start = (int32_t)(0x8000U - more * (uint32_t)sum);
        to->place = pairs;
        to++;
    }
    to->start = 0;
    to->place = TE_PAIRS_END;
}

TE_SHARED void te_fully_connected_s8_base_pairs(const te_fully_connected_base_pairs_params *op,
                                                te_src in, te_dst out, int32_t first, int32_t last,
                                                void *scratch)
{
    te_pairs_chunk *const chunk = scratch;
    const int32_t whole = op->out_c & ~3;
    for (int32_t row = first; row < last; row++) {
        const int8_t *const from = te_src_row(in, row);
        int8_t *const to = te_dst_row(out, row);
        te_pairs_block block = {from,       chunk,
                                op->weight, op->bias,
                                op->factor, 4 * op->factor_step,
                                op->bits,   to,
                                to + whole, chunk + op->chunks + 1,
                                op->in_c,   op->weight_offset};
        if (whole > 0) {
            te_fully_connected_chunks(op, from, chunk);
            te_pairs_outputs(&block);
        }
        if (whole < op->out_c) {
            int8_t rest[4] = {0, 0, 0, 0};
            block.weight = op->weight + whole * op->in_c;
            block.out = rest;
            block.out_end = rest + 4;
            te_fully_connected_chunks(op, from, chunk);
            te_pairs_outputs(&block);
            for (int32_t oc = whole; oc < op->out_c; oc++) {
                to[oc] = rest[oc - whole];
            }
        }
        te_base_clamp(to, op->out_c, op->act_min, op->act_max);
    }
}
