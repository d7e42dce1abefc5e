"""The reference's factors with the output's zero point and the last rounding folded in.

With them `te_requantize` and the zero point take five instructions (`te_dsp.h`,
te_requantize_folded).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import Conv2D, DepthwiseConv2D, Rounding, once
from tinyengine.kernels.ref.convolution import folded_bias, weight_is_constant
from tinyengine.reference.convolution import Factors, convolution_factors
from tinyengine.reference.fixed_point import Ints, requantize

Channels = npt.NDArray[np.int32]
"""One number per output channel."""

_WORD = 2**31


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Folded:
    """Factors with the output's zero point and the last rounding folded in.

    The output is (offset + q - (sum < 0)) >> shift, clamped, where q is
    `multiply_q31(sum, multiplier)`. All are [out_c]; shift is in [1, 30]. A channel whose output
    never changes has multiplier 0.
    """

    multiplier: Channels
    offset: Channels
    shift: Channels


@once
def sum_ranges(op: Conv2D | DepthwiseConv2D) -> tuple[Ints, Ints]:
    """Give the least and the greatest sum of every output channel that any input gives."""
    weights = op.weight.values.astype(np.int64)
    axes = (1, 2, 3) if isinstance(op, Conv2D) else (0, 1, 2)
    least = np.where(weights > 0, -128 * weights, 127 * weights).sum(axis=axes)
    greatest = np.where(weights > 0, 127 * weights, -128 * weights).sum(axis=axes)
    bias = folded_bias(op).astype(np.int64)
    return bias + least, bias + greatest


def outputs_of(op: Conv2D | DepthwiseConv2D, sums: Ints, factors: Factors) -> Ints:
    """Give the outputs of `sums` as the reference does; `factors` are those of their channels."""
    scaled = requantize(sums, *factors) + op.output.zero_point
    return np.clip(scaled, op.act_min, op.act_max)


@once
def fold(op: Conv2D | DepthwiseConv2D) -> Folded | None:
    """Give the folded factors of `op`; None where a channel does not allow them."""
    multiplier, exponent = (part.astype(np.int64) for part in convolution_factors(op))
    constant, is_constant = constant_outputs(op)
    bound = np.where(is_constant, 0, np.max(np.abs(sum_ranges(op)), axis=0))
    multiplier = np.where(is_constant, 0, multiplier)
    right = np.where(is_constant, 1, -exponent)
    half = np.int64(1) << np.maximum(right - 1, 0)
    zero_point = np.where(is_constant, constant, op.output.zero_point)
    offset = (zero_point << np.maximum(right, 0)) + half
    reach = bound * multiplier // _WORD + np.abs(offset) + 2
    fits = (right >= 1) & (reach < _WORD) & (2 * bound < _WORD)
    if not np.all(fits):
        return None
    return Folded(
        multiplier=multiplier.astype(np.int32),
        offset=offset.astype(np.int32),
        shift=right.astype(np.int32),
    )


@once
def constant_outputs(op: Conv2D | DepthwiseConv2D) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Give the least output of every channel, and whether it is the only one."""
    least, greatest = (outputs_of(op, sums, convolution_factors(op)) for sums in sum_ranges(op))
    return least, least == greatest


def factors_fold(op: Conv2D | DepthwiseConv2D) -> bool:
    """Scale ratio input * weight / output must be below 1/2, sums below 2^30."""
    if not weight_is_constant(op):
        return True
    try:
        return fold(op) is not None
    except ModelError:
        return False


def rounds_up_only(op: Conv2D | DepthwiseConv2D) -> bool:
    """Tell whether one way of rounding does for all sums: the clamp may hide those below zero."""
    return op.rounding is Rounding.EVEN or op.act_min >= op.output.zero_point
