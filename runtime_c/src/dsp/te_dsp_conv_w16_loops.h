/* The dot products of te_dsp_conv_w16.h for cores that issue one instruction at a time: what is read
 * side by side is loaded at once. Instructions for 16 MACs: 11, 10 and 11.
 */
#ifndef TE_DSP_CONV_W16_LOOPS_H
#define TE_DSP_CONV_W16_LOOPS_H

TE_NAKED static void te_conv_dot_4_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_4(TE_CONV_START_4, TE_CONV_WEIGHTS_1, "44", TE_CONV_REQUANTIZE_4));
}

TE_NAKED static void te_conv_dot_2_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_2(TE_CONV_START_2, TE_CONV_WEIGHTS_2, TE_CONV_WEIGHTS_1, "20",
                          TE_CONV_REQUANTIZE_2));
}

TE_NAKED static void te_conv_dot_1_w16(const te_conv_block *block __attribute__((unused)))
{
    __asm__(TE_CONV_DOT_1(TE_CONV_START_2, TE_CONV_QUAD, "11", TE_CONV_WEIGHTS_1, "16",
                          TE_CONV_REQUANTIZE_1));
}

#endif
