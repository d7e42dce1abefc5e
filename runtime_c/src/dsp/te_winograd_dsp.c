/* Convolution by Winograd's minimal filtering for the DSP extension: its loops. */
#include "te_dsp_winograd.h"
