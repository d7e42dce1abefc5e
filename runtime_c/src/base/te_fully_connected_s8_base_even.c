/* Fully connected int8 for cores without DSP, mended. */
#include "te_base_fully_connected.h"
#include "te_mended.h"

TE_MENDED_PLAIN(te_fully_connected_s8_base_even, te_fully_connected_base_even_params,
                te_fully_connected_s8_base)
