"""Requantization factors in the form that MVE kernels read, equal bit for bit to the reference.

VQRDMULH and VRSHL are `te_requantize` where the shift is to the right, and the clamp hides how
halves below zero round; where it does not, one is taken off negative products first.
"""

from dataclasses import dataclass

import numpy as np

from tinyengine.errors import ModelError
from tinyengine.ir import Array, Conv2D, DepthwiseConv2D, Rounding
from tinyengine.kernels.exact.even import Lines, even_lines
from tinyengine.kernels.exact.fold import rounds_up_only
from tinyengine.kernels.ref.convolution import folded_bias, weight_is_constant
from tinyengine.reference.convolution import convolution_factors

_WORD = 2**31


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
    if op.rounding is Rounding.EVEN:
        return _rounded_once(op)
    multiplier, shift = (part.astype(np.int64) for part in convolution_factors(op))
    shift = np.where(multiplier == 0, -1, shift)
    left = np.maximum(shift, 0)
    weight = op.weight.values.astype(np.int64) << left.reshape(_along_channels(op))
    shift -= left
    fits = np.all(np.abs(weight + 0.5) < 128) and np.all(shift <= (0 if rounds_up_only(op) else -1))
    if not fits:
        return None
    bias = folded_bias(op).astype(np.int64) << left
    factors = np.stack([bias, multiplier, shift]).astype(np.int32)
    return RightShifts(weight=weight.astype(np.int8), factors=factors)


def _rounded_once(op: Conv2D | DepthwiseConv2D) -> RightShifts | None:
    """Give the same for kernels that do not round products: shifts must be at most -1."""
    lines = even_lines(op)
    if lines is None:
        return None
    left = np.maximum(1 - lines.shift, 0)
    weight = op.weight.values.astype(np.int64) << left.reshape(_along_channels(op))
    if np.any(np.abs(weight + 0.5) > 128) or np.any(lines.bound << left >= _WORD):
        return None
    bias = folded_bias(op).astype(np.int64) << left
    factors = np.stack([bias, lines.multiplier, -lines.shift - left]).astype(np.int32)
    return RightShifts(weight=weight.astype(np.int8), factors=factors)


def _along_channels(op: Conv2D | DepthwiseConv2D) -> tuple[int, int, int, int]:
    """Give the shape in which numbers of output channels meet the weights."""
    return (-1, 1, 1, 1) if isinstance(op, Conv2D) else (1, 1, 1, -1)


def shifted_lines(op: Conv2D | DepthwiseConv2D) -> Lines | None:
    """Give the factors of an operator that rounds to even if they shift to the right."""
    return even_lines(op) if shift_right_only(op) is not None else None


def factors_shift_right(op: Conv2D | DepthwiseConv2D) -> bool:
    """Scale ratio input * weight / output must be below 1/2; more if clamp and weights allow it."""
    if not weight_is_constant(op):
        return True
    try:
        return shift_right_only(op) is not None
    except ModelError:
        return False
