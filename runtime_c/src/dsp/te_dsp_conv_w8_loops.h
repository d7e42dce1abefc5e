/* The dot products of te_dsp_conv_w8.h for cores that issue one instruction at a time: what is read
 * side by side is loaded at once. Instructions for 16 MACs: 12, 12 and 14.
 */
#ifndef TE_DSP_CONV_W8_LOOPS_H
#define TE_DSP_CONV_W8_LOOPS_H

/* clang-format off */
TE_NAKED static void te_conv_dot_4_w8(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_4(TE_CONV_START_4, TE_CONV_WEIGHTS_1, "48", TE_CONV_REQUANTIZE_4));
}

TE_NAKED static void te_conv_dot_2_w8(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_2(TE_CONV_START_2, TE_CONV_WEIGHTS_2, TE_CONV_WEIGHTS_1, "24",
                          TE_CONV_REQUANTIZE_2));
}

TE_NAKED static void te_conv_dot_1_w8(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_1(TE_CONV_START_2, TE_CONV_QUAD, "14", TE_CONV_WEIGHTS_1, "20",
                          TE_CONV_REQUANTIZE_1));
}
/* clang-format on */

#endif
