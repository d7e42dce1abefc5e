/* Convolution for MVE: copies windows to the scratch, their taps in the order of the weights. */
#ifndef TE_MVE_CONV_GATHER_H
#define TE_MVE_CONV_GATHER_H

#include "te_mve.h"
#include "te_rows.h"
#include "te_window.h"

/* How kernel rows of a window, or the same of two, are copied. Assembly reads the members by their
 * places.
 */
typedef struct {
    int8_t *to_0;
    int8_t *to_1;
    const int8_t *from; /* the first row of the first window */
    int32_t step;       /* bytes from there to the second one's */
    int32_t run;        /* bytes of a row, at least 1 */
    int32_t rows;       /* at least 1 */
    int32_t from_step;  /* bytes from row to row of the input */
    int32_t to_step;    /* and of a window */
} te_mve_conv_copy;

#if TE_HAS_MVE

TE_HOLD(te_mve_conv_copy, from, 8);
TE_HOLD(te_mve_conv_copy, run, 16);
TE_HOLD(te_mve_conv_copy, to_step, 28);

/* Copies two windows: 8 instructions for a row, and 5 for every 16 bytes of it. */
TE_NAKED static void te_mve_conv_copy_2(const te_mve_conv_copy *copy __attribute__((unused)))
{
    __asm__("push {r4-r10, lr}\n\t"
            "ldm r0, {r0-r7}\n\t"
            "add r8, r4, #15\n\t"
            "bic r8, r8, #15\n\t"
            "sub r7, r7, r8\n"
            "1:\tmov r8, r2\n\t"
            "add r9, r2, r3\n\t"
            "dlstp.8 lr, r4\n"
            "2:\tvldrb.8 q0, [r8], #16\n\t"
            "vldrb.8 q1, [r9], #16\n\t"
            "vstrb.8 q0, [r0], #16\n\t"
            "vstrb.8 q1, [r1], #16\n\t"
            "letp lr, 2b\n\t"
            "add r0, r0, r7\n\t"
            "add r1, r1, r7\n\t"
            "add r2, r2, r6\n\t"
            "subs r5, r5, #1\n\t"
            "bne 1b\n\t"
            "pop {r4-r10, pc}\n\t");
}

/* Copies the first window: 6 instructions for a row, and 3 for every 16 bytes of it. */
TE_NAKED static void te_mve_conv_copy_1(const te_mve_conv_copy *copy __attribute__((unused)))
{
    __asm__("push {r4-r8, lr}\n\t"
            "ldm r0, {r0-r7}\n\t"
            "add r8, r4, #15\n\t"
            "bic r8, r8, #15\n\t"
            "sub r7, r7, r8\n"
            "1:\tmov r8, r2\n\t"
            "dlstp.8 lr, r4\n"
            "2:\tvldrb.8 q0, [r8], #16\n\t"
            "vstrb.8 q0, [r0], #16\n\t"
            "letp lr, 2b\n\t"
            "add r0, r0, r7\n\t"
            "add r2, r2, r6\n\t"
            "subs r5, r5, #1\n\t"
            "bne 1b\n\t"
            "pop {r4-r8, pc}\n\t");
}

#else

static inline void te_mve_conv_copy_1(const te_mve_conv_copy *copy)
{
    for (int32_t row = 0; row < copy->rows; row++) {
        te_mve_copy(copy->to_0 + row * copy->to_step, copy->from + row * copy->from_step,
                    copy->run);
    }
}

static inline void te_mve_conv_copy_2(const te_mve_conv_copy *copy)
{
    te_mve_conv_copy second = *copy;
    second.to_0 = copy->to_1;
    second.from += copy->step;
    te_mve_conv_copy_1(copy);
    te_mve_conv_copy_1(&second);
}

#endif

#endif
