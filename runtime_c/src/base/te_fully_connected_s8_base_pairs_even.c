/* Fully connected int8 for cores without DSP, two outputs to a multiplication, mended. */
#include "te_base_fully_connected_pairs.h"
#include "te_mended.h"

TE_MENDED(te_fully_connected_s8_base_pairs_even, te_fully_connected_base_pairs_even_params,
          te_fully_connected_s8_base_pairs)
