"""Requantization factors in the form that MVE kernels read, equal bit for bit to the reference.

VQRDMULH and VRSHL are `te_requantize` where the shift is to the right, and the clamp hides how
halves below zero round; where it does not, one is taken off negative products first.
"""

from dataclasses import dataclass

import numpy as np

from tinyengine.errors import ModelError
from tinyengine.ir import Array, Conv2D, DepthwiseConv2D
from tinyengine.kernels.exact.fold import rounds_up_only
from tinyengine.kernels.ref.convolution import folded_bias, weight_is_constant
from tinyengine.reference.convolution import convolution_factors


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RightShifts:
    """Weights, shaped as the operator's, and factors without any shift to the left.

    `factors` is [3, out_c] of int32: biases, multipliers and shifts, which are at most 0, or at
    most -1 where negative sums are not all clamped alike. A multiplier may be 0.
    """

    weight: Array
    factors: Array


def shift_right_only(op: Conv2D | DepthwiseConv2D) -> RightShifts | None:
    """Give weights that have the left shifts of their sums; None where they or factors do not fit.

    A sum of weights that are shifted is the shifted sum.
    """
    multiplier, shift = (part.astype(np.int64) for part in convolution_factors(op))
    shift = np.where(multiplier == 0, -1, shift)
    left = np.maximum(shift, 0)
    shape = (-1, 1, 1, 1) if isinstance(op, Conv2D) else (1, 1, 1, -1)
    weight = op.weight.values.astype(np.int64) << left.reshape(shape)
    shift -= left
    fits = np.all(np.abs(weight + 0.5) < 128) and np.all(shift <= (0 if rounds_up_only(op) else -1))
    if not fits:
        return None
    bias = folded_bias(op).astype(np.int64) << left
    factors = np.stack([bias, multiplier, shift]).astype(np.int32)
    return RightShifts(weight=weight.astype(np.int8), factors=factors)


def factors_shift_right(op: Conv2D | DepthwiseConv2D) -> bool:
    """Scale ratio input * weight / output must be below 1/2; more if clamp and weights allow it."""
    if not weight_is_constant(op):
        return True
    try:
        return shift_right_only(op) is not None
    except ModelError:
        return False
