"""Weights that fit 4 bits, of which two share a byte."""

import numpy as np

from tinyengine.kernels.ref.convolution import Weighted, weight_is_constant

NIBBLE_OFFSET = 8
"""What is added to a weight so that it is not negative."""


def weights_have_4_bits(op: Weighted) -> bool:
    """All weights must lie in [-8, 7]."""
    if not weight_is_constant(op):
        return True
    values = op.weight.values.astype(np.int64)
    return bool(values.min() >= -8 and values.max() <= 7)
