/* Four dot products with one vector: the inner loop of the fully connected operator with weights of 4
 * bits.
 *
 * A byte is (a + 8) + 16 * (b + 8) for outputs a and b. Times an element it is a part of one sum, and
 * its upper half times the element a part of another: the sum of b + 8, of which 16 times are to be
 * taken from the first.
 */
#ifndef TE_BASE_PRODUCT_W4_H
#define TE_BASE_PRODUCT_W4_H

#include "te_base.h"

#define TE_BASE_NIBBLE_OUTPUTS 4 /* computed at a time */

#if defined(__thumb__) && !defined(__thumb2__) && defined(__GNUC__)

/* Registers are those of te_base_product. Instructions of an element: 16, and 1 for the loop. */
/* clang-format off */
#define TE_T1_NIBBLES(weight, both, upper)                                                         \
    "ldrb r3, [r1, #" weight "]\n\t"                                                               \
    "muls r3, r2\n\t"                                                                              \
    "adds " both ", r3\n\t"                                                                        \
    "ldrb r3, [r1, #" weight "]\n\t"                                                               \
    "lsrs r3, #4\n\t"                                                                              \
    "muls r3, r2\n\t"                                                                              \
    "adds " upper ", r3\n\t"
#define TE_T1_ELEMENT_W4(at, first, second)                                                        \
    "ldrb r2, [r0, #" at "]\n\t"                                                                   \
    "sxtb r2, r2\n\t"                                                                              \
    TE_T1_NIBBLES(first, "r4", "r5")                                                               \
    TE_T1_NIBBLES(second, "r6", "r7")

/* Adds the products of `count` elements and the bytes of a and b, and of c and d, to the first and
 * third of `sums`, those of their upper halves to the second and fourth.
 */
TE_NAKED static void te_base_product_w4(const int8_t *in __attribute__((unused)),
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
        TE_T1_ELEMENT_W4("0", "0", "1")
        TE_T1_ELEMENT_W4("1", "2", "3")
        TE_T1_ELEMENT_W4("2", "4", "5")
        TE_T1_ELEMENT_W4("3", "6", "7")
        "adds r0, #4\n\t"
        "adds r1, #8\n\t"
        "cmp r0, r9\n\t"
        "bne 1b\n"
        "2:\n\t"
        "cmp r0, r10\n\t"
        "beq 3f\n\t"
        TE_T1_ELEMENT_W4("0", "0", "1")
        "adds r0, #1\n\t"
        "adds r1, #2\n\t"
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

/* Does what the assembly does. */
TE_NOINLINE static void te_base_product_w4(const int8_t *in, const uint8_t *weight, int32_t count,
                                           int32_t *to)
{
    int32_t sums[4] = {to[0], to[1], to[2], to[3]};
    for (const int8_t *const end = in + count; in < end; in++) {
        const int32_t ab = weight[0];
        const int32_t cd = weight[1];
        sums[0] += *in * ab;
        sums[1] += *in * (ab >> 4);
        sums[2] += *in * cd;
        sums[3] += *in * (cd >> 4);
        weight += 2;
    }
    to[0] = sums[0];
    to[1] = sums[1];
    to[2] = sums[2];
    to[3] = sums[3];
}

#endif

#endif
