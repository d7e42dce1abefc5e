/* Fully connected int8 for the DSP extension, with weights of int8, mended. */
#include "te_dsp_fully_connected.h"
#include "te_mended.h"

TE_MENDED(te_fully_connected_s8_dsp_even, te_fully_connected_dsp_even_params,
          te_fully_connected_s8_dsp)
