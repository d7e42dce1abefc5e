/* Sums of products of a run of int16 and records of four outputs: eight products an instruction.
 *
 * A record is: four biases, four factors; and for every eight elements eight int8 weights of each of
 * the four outputs, the last ones filled up with zeros. What widens bytes as it loads them has its
 * address in r0 to r7.
 */
#ifndef TE_MVE_QUADS_S16_H
#define TE_MVE_QUADS_S16_H

#include "te_mve.h"
#include "te_requantize.h"

/* Outputs of a record, and words before its weights. */
#define TE_QUAD 4
#define TE_QUAD_HEAD 8

#if TE_HAS_MVE

#include <arm_mve.h>

/* The sums of a record at `record`, of `count` elements; `record` goes on to the one behind. */
static inline int32x4_t te_mve_quad(const int16_t *x, const int32_t **record, int32_t count)
{
    const int8_t *weight = (const int8_t *)(*record + TE_QUAD_HEAD);
    int32_t a = (*record)[0];
    int32_t b = (*record)[1];
    int32_t c = (*record)[2];
    int32_t d = (*record)[3];
    __asm__ volatile(
        "wlstp.16 lr, %[count], 2f\n"
        "1:\tvldrh.16 q0, [%[x]], #16\n\t"
        "vldrb.s16 q1, [%[weight]], #8\n\t"
        "vmladava.s16 %[a], q0, q1\n\t"
        "vldrb.s16 q1, [%[weight]], #8\n\t"
        "vmladava.s16 %[b], q0, q1\n\t"
        "vldrb.s16 q1, [%[weight]], #8\n\t"
        "vmladava.s16 %[c], q0, q1\n\t"
        "vldrb.s16 q1, [%[weight]], #8\n\t"
        "vmladava.s16 %[d], q0, q1\n\t"
        "letp lr, 1b\n"
        "2:"
        : [x] "+r"(x), [weight] "+l"(weight), [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d)
        : [count] "r"(count)
        : "lr", "q0", "q1", "memory");
    *record = (const int32_t *)(const void *)weight;
    int32x4_t sums = vdupq_n_s32(a);
    sums = vsetq_lane_s32(b, sums, 1);
    sums = vsetq_lane_s32(c, sums, 2);
    return vsetq_lane_s32(d, sums, 3);
}

/* Outputs of a run of `count` elements, of `outputs` channels. */
static inline void te_mve_quads(const int16_t *x, const int32_t *record, int32_t count,
                                int32_t outputs, int32_t act_min, int32_t act_max, int16_t *to)
{
    for (int32_t left = outputs; left > 0; left -= TE_QUAD) {
        const int32x4_t factors = vldrwq_s32(record + TE_QUAD);
        int32x4_t value = vrmulhq_s32(te_mve_quad(x, &record, count), factors);
        value = vmaxq_s32(vminq_s32(value, vdupq_n_s32(act_max)), vdupq_n_s32(act_min));
        vstrhq_p_s32(to, value, vctp32q((uint32_t)left));
        to += TE_QUAD;
    }
}

/* The sums themselves, `outputs` of them rounded up to whole records. */
static inline void te_mve_quad_sums(const int16_t *x, const int32_t *record, int32_t count,
                                    int32_t outputs, int32_t *sums)
{
    for (int32_t oc = 0; oc < outputs; oc += TE_QUAD) {
        vstrwq_s32(sums + oc, te_mve_quad(x, &record, count));
    }
}

#else

/* Does what the assembly does. */
static inline void te_mve_quad(const int16_t *x, const int32_t **record, int32_t count,
                               int32_t *sums)
{
    const int8_t *weight = (const int8_t *)(*record + TE_QUAD_HEAD);
    for (int32_t i = 0; i < TE_QUAD; i++) {
        sums[i] = (*record)[i];
        for (int32_t element = 0; element < count; element++) {
            sums[i] += x[element] * weight[element / 8 * 32 + i * 8 + element % 8];
        }
    }
    *record += TE_QUAD_HEAD + (count + 7) / 8 * 8;
}

static inline void te_mve_quads(const int16_t *x, const int32_t *record, int32_t count,
                                int32_t outputs, int32_t act_min, int32_t act_max, int16_t *to)
{
    for (int32_t oc = 0; oc < outputs; oc += TE_QUAD) {
        const int32_t *const factors = record + TE_QUAD;
        int32_t sums[TE_QUAD] = {0};
        te_mve_quad(x, &record, count, sums);
        for (int32_t i = 0; i < TE_QUAD && oc + i < outputs; i++) {
            const int32_t value = te_multiply_q32_rounded(sums[i], factors[i]);
            to[oc + i] = (int16_t)te_clamp(value, act_min, act_max);
        }
    }
}

static inline void te_mve_quad_sums(const int16_t *x, const int32_t *record, int32_t count,
                                    int32_t outputs, int32_t *sums)
{
    for (int32_t oc = 0; oc < outputs; oc += TE_QUAD) {
        te_mve_quad(x, &record, count, sums + oc);
    }
}

#endif

#endif
