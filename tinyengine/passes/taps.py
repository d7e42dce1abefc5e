"""Read the weights of Conv2D and FullyConnected alike: as taps of channels."""

import numpy as np

from tinyengine.ir import Conv2D, FullyConnected
from tinyengine.reference.convolution import weight_zero_point
from tinyengine.reference.fixed_point import Ints

Product = Conv2D | FullyConnected
"""An operator whose every output channel is a sum over all input channels."""


def taps_of(op: Product) -> Ints | None:
    """Give the weights less their zero point as [out_c, taps, in_c].

    Every column of a FullyConnected on flattened images reads one channel of one pixel, its tap.
    None where its vectors do not hold whole pixels.
    """
    out_c, in_c = op.weight.shape[0], op.input.shape[-1] if op.input.shape else 1
    if isinstance(op, FullyConnected) and op.weight.shape[1] % in_c:
        return None
    weights = op.weight.values.astype(np.int64) - rest_weight(op)
    return weights.reshape(out_c, -1, in_c)


def rest_weight(op: Product) -> int:
    """Give the stored weight that adds nothing to a sum."""
    return weight_zero_point(op) if isinstance(op, FullyConnected) else 0
