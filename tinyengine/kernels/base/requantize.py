"""Requantization factors as the kernels for cores without the DSP extension read them.

Source: te_base.h, te_base_output.
"""

from dataclasses import dataclass

import numpy as np

from tinyengine.errors import ModelError
from tinyengine.ir import Conv2D, DepthwiseConv2D, Rounding, once
from tinyengine.kernels.exact.even import Lines, even_lines
from tinyengine.kernels.exact.fold import Channels, constant_outputs, sum_ranges
from tinyengine.kernels.ref.convolution import weight_is_constant
from tinyengine.reference.convolution import convolution_factors

_WORD = 2**31


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Factors:
    """The reference's factors, [out_c]: `shift` is to the right, in [1, 30].

    A channel whose output is always the zero point has multiplier 0.
    """

    multiplier: Channels
    shift: Channels


@once
def right_factors(op: Conv2D | DepthwiseConv2D) -> Factors | None:
    """Give the factors of `op`; None where a channel has none, or its sums leave 31 bits."""
    if op.rounding is Rounding.EVEN:
        return _factors_once(op)
    multiplier, exponent = (part.astype(np.int64) for part in convolution_factors(op))
    outputs, is_constant = constant_outputs(op)
    is_zero = (multiplier == 0) | (is_constant & (outputs == op.output.zero_point))
    bound = np.where(is_zero, 0, np.max(np.abs(sum_ranges(op)), axis=0))
    shift = np.where(is_zero, 1, -exponent)
    offset = np.abs(2 * op.output.zero_point + 1) << np.clip(shift - 1, 0, 30)
    reach = (bound * multiplier // _WORD) + offset + 2
    if not np.all((shift >= 1) & (shift <= 30) & (2 * bound < _WORD) & (reach < _WORD)):
        return None
    return Factors(
        multiplier=np.where(is_zero, 0, multiplier).astype(np.int32),
        shift=shift.astype(np.int32),
    )


def _factors_once(op: Conv2D | DepthwiseConv2D) -> Factors | None:
    """Give the same for outputs that are rounded once. Source: te_base.h, te_base_output_once."""
    lines = even_lines(op)
    if lines is None or np.any(lines.shift < 1) or np.any(2 * lines.bound >= _WORD):
        return None
    offset = np.abs(2 * op.output.zero_point + 1) << (lines.shift - 1)
    if np.any((lines.bound * lines.multiplier // _WORD) + offset + 2 >= _WORD):
        return None
    return Factors(multiplier=lines.multiplier.astype(np.int32), shift=lines.shift.astype(np.int32))


def right_lines(op: Conv2D | DepthwiseConv2D) -> Lines | None:
    """Give the factors of an operator that rounds to even if they shift to the right."""
    return even_lines(op) if right_factors(op) is not None else None


def factors_are_right(op: Conv2D | DepthwiseConv2D) -> bool:
    """Scale ratio input * weight / output must be below 1/2, sums below 2^30."""
    if not weight_is_constant(op):
        return True
    try:
        return right_factors(op) is not None
    except ModelError:
        return False
