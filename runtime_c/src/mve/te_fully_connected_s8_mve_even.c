/* Fully connected int8 for MVE, mended. */
#include "te_mended.h"
#include "te_mve_fully_connected.h"

TE_MENDED(te_fully_connected_s8_mve_even, te_fully_connected_mve_even_params,
          te_fully_connected_s8_mve)
