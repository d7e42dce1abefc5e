/* Four dot products with one vector: the inner loop of the fully connected operator. */
#ifndef TE_BASE_PRODUCT_H
#define TE_BASE_PRODUCT_H

#include "te_base.h"

#if defined(__thumb__) && !defined(__thumb2__) && defined(__GNUC__)

/* r0: in. r1: weights. r2: element. r3: product. r4-r7: sums. r8: place of the sums. r9: end of
 * the quads of elements; r10 of all of them.
 *
 * Instructions of an element: 14, and 1 for the loop.
 */
/* clang-format off */
#define TE_T1_PRODUCT(weight, sum)                                                                 \
    "ldrb r3, [r1, #" weight "]\n\t"                                                               \
    "muls r3, r2\n\t"                                                                              \
    "adds " sum ", r3\n\t"
#define TE_T1_ELEMENT(at, first, second, third, fourth)                                            \
    "ldrb r2, [r0, #" at "]\n\t"                                                                   \
    "sxtb r2, r2\n\t"                                                                              \
    TE_T1_PRODUCT(first, "r4")                                                                     \
    TE_T1_PRODUCT(second, "r5")                                                                    \
    TE_T1_PRODUCT(third, "r6")                                                                     \
    TE_T1_PRODUCT(fourth, "r7")

/* Adds the products of `count` elements and the weights of four outputs. */
TE_NAKED static void te_base_product(const int8_t *in __attribute__((unused)),
                                     const uint8_t *weight __attribute__((unused)),
                                     int32_t count __attribute__((unused)),
                                     int32_t *sums __attribute__((unused)))
{
    __asm__(
        ".syntax unified\n\t"
        "push {r4-r7, lr}\n\t"
        "mov r4, r8\n\t"
        "mov r5, r9\n\t"
        "mov r6, r10\n\t"
        "push {r4-r6}\n\t"
        "mov r8, r3\n\t"
        "adds r4, r0, r2\n\t"
        "mov r10, r4\n\t"
        "movs r5, #3\n\t"
        "bics r2, r5\n\t"
        "adds r4, r0, r2\n\t"
        "mov r9, r4\n\t"
        "ldm r3!, {r4-r7}\n\t"
        "cmp r0, r9\n\t"
        "beq 2f\n"
        "1:\n\t"
        TE_T1_ELEMENT("0", "0", "1", "2", "3")
        TE_T1_ELEMENT("1", "4", "5", "6", "7")
        TE_T1_ELEMENT("2", "8", "9", "10", "11")
        TE_T1_ELEMENT("3", "12", "13", "14", "15")
        "adds r0, #4\n\t"
        "adds r1, #16\n\t"
        "cmp r0, r9\n\t"
        "bne 1b\n"
        "2:\n\t"
        "cmp r0, r10\n\t"
        "beq 3f\n\t"
        TE_T1_ELEMENT("0", "0", "1", "2", "3")
        "adds r0, #1\n\t"
        "adds r1, #4\n\t"
        "b 2b\n"
        "3:\n\t"
        "mov r3, r8\n\t"
        "stm r3!, {r4-r7}\n\t"
        "pop {r4-r6}\n\t"
        "mov r8, r4\n\t"
        "mov r9, r5\n\t"
        "mov r10, r6\n\t"
        "pop {r4-r7, pc}");
}
/* clang-format on */

#else

/* Adds the products of an element and a weight of each of four outputs. */
static inline void te_base_product_add(int32_t sums[4], int32_t x, const uint8_t *weight)
{
    sums[0] += x * weight[0];
    sums[1] += x * weight[1];
    sums[2] += x * weight[2];
    sums[3] += x * weight[3];
}

/* Adds the products of `count` elements and the weights of four outputs. */
TE_NOINLINE static void te_base_product(const int8_t *in, const uint8_t *weight, int32_t count,
                                        int32_t *to)
{
    int32_t sums[4] = {to[0], to[1], to[2], to[3]};
    const int8_t *const end = in + count;
    for (; end - in >= 4; in += 4) {
        te_base_product_add(sums, in[0], weight);
        te_base_product_add(sums, in[1], weight + 4);
        te_base_product_add(sums, in[2], weight + 8);
        te_base_product_add(sums, in[3], weight + 12);
        weight += 16;
    }
    for (; in < end; in++) {
        te_base_product_add(sums, *in, weight);
        weight += 4;
    }
    to[0] = sums[0];
    to[1] = sums[1];
    to[2] = sums[2];
    to[3] = sums[3];
}

#endif

#endif
