"""Requantization factors in the form that DSP kernels read: three numbers per channel.

With them `te_requantize` and the output's zero point take five instructions (`te_dsp.h`,
te_requantize_folded), equal bit for bit for every sum that the weights allow.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import Conv2D, DepthwiseConv2D
from tinyengine.kernels.convolution import greatest_sums, weight_is_constant
from tinyengine.reference.convolution import convolution_factors

Channels = npt.NDArray[np.int32]
"""One number per output channel."""

_WORD = 2**31


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Folded:
    """Factors with the output's zero point and the last rounding folded in.

    The output is (offset + q - (sum < 0)) >> shift, clamped, where q is
    `multiply_q31(sum, multiplier)`. All are [out_c]; shift is in [1, 30].
    """

    multiplier: Channels
    offset: Channels
    shift: Channels


def fold(op: Conv2D | DepthwiseConv2D) -> Folded | None:
    """Give the folded factors of `op`; None where a channel does not allow them.

    A channel whose outputs all are the zero point gets multiplier 0.
    """
    multiplier, exponent = (part.astype(np.int64) for part in convolution_factors(op))
    sums, zero_point = greatest_sums(op), op.output.zero_point
    products = sums * multiplier // _WORD + 1
    right = -exponent
    half = np.int64(1) << np.maximum(right - 1, 0)
    is_constant = (multiplier == 0) | ((right > 0) & (products < half))
    multiplier = np.where(is_constant, 0, multiplier)
    right = np.where(is_constant, 1, right)
    offset = (np.int64(zero_point) << np.maximum(right, 0)) + np.where(is_constant, 1, half)
    reach = np.where(is_constant, 0, products) + np.abs(offset) + 1
    fits = (right >= 1) & (reach < _WORD) & (is_constant | (2 * sums < _WORD))
    if not np.all(fits):
        return None
    return Folded(
        multiplier=multiplier.astype(np.int32),
        offset=offset.astype(np.int32),
        shift=right.astype(np.int32),
    )


def factors_fold(op: Conv2D | DepthwiseConv2D) -> bool:
    """Scale ratio input * weight / output must be below 1/2, sums below 2^30."""
    if not weight_is_constant(op):
        return True
    try:
        return fold(op) is not None
    except ModelError:
        return False


def rounds_up_only(op: Conv2D | DepthwiseConv2D) -> bool:
    """Tell whether the clamp hides how sums below zero round: te_requantize_folded_up is exact."""
    return op.act_min >= op.output.zero_point
