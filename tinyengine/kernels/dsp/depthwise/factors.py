"""Requantization factors of DepthwiseConv2D as the DSP kernels read them: sums scaled beforehand.

Source: te_dsp_depthwise_single.h.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import DepthwiseConv2D, Rounding, once
from tinyengine.kernels.exact.even import Lines, even_lines
from tinyengine.kernels.exact.fold import fold, rounds_up_only
from tinyengine.kernels.exact.raised import raise_lines
from tinyengine.kernels.ref.convolution import greatest_sums, weight_is_constant
from tinyengine.reference.convolution import convolution_factors
from tinyengine.reference.fixed_point import Ints

_FAST_BITS = 10
"""How many bits outputs are up in the sums that are rounded fastest."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaled:
    """How a channel's sums become outputs: [out_c] each, but `is_signed`.

    Sums are scaled by 2^left; `factors` are the three words of a channel behind its weights.
    """

    is_signed: bool
    left: Ints
    factors: Ints

    @property
    def is_constant(self) -> npt.NDArray[np.bool_]:
        """Tell of every channel whether its output never changes."""
        return np.asarray(self.factors[:, 0] == 0)


def scaling(op: DepthwiseConv2D) -> Scaled:
    """Give the cheapest exact way from sums to outputs of an operator that has one."""
    scaled = find_scaling(op)
    assert scaled is not None, f"{op.source}: sums_scale accepts what does not scale"
    return scaled


@once
def find_scaling(op: DepthwiseConv2D) -> Scaled | None:
    """Give the cheapest exact way from sums to outputs; None where there is none.

    Raises ModelError where the operator has no factors.
    """
    if op.rounding is Rounding.EVEN:
        return _scaled_even(op)
    if rounds_up_only(op):
        scaled = _scaled_up(op)
        if scaled is not None:
            return scaled
    folded = fold(op)
    if folded is None:
        return None
    factors = np.stack([folded.multiplier, folded.offset, folded.shift], axis=1)
    left = np.where(folded.multiplier == 0, 0, 1)
    return Scaled(is_signed=True, left=left, factors=factors.astype(np.int64))


def _scaled_up(op: DepthwiseConv2D) -> Scaled | None:
    """Give factors with which the output is sum * 2^left * multiplier / 2^32 + offset, `bits` up.

    Both roundings, halves up, are in the offset: half an output, and half a unit of the first
    rounding, which is a whole number where left > 1. Channels that are constant get weights 0.
    """
    multiplier, exponent = (part.astype(np.int64) for part in convolution_factors(op))
    right, sums = -exponent, greatest_sums(op)
    half = np.where(right > 0, np.int64(1) << np.maximum(right - 1, 0), 0)
    is_constant = (multiplier == 0) | ((right > 0) & (sums * multiplier // 2**31 + 1 < half))
    bits = np.where(is_constant, _FAST_BITS, _bits_up(op, right, sums))
    if np.any(bits < 0):
        return None
    left = np.where(is_constant, 0, bits - right + 1)
    up = np.where(is_constant, 0, bits - right)
    first_half = np.where(is_constant, 0, np.int64(1) << np.clip(up - 1, 0, bits - 1))
    last_half = np.where(is_constant | (right <= 0), 0, np.int64(1) << (bits - 1))
    offset = (np.int64(op.output.zero_point) << bits) + first_half + last_half
    multiplier = np.where(is_constant, 0, multiplier)
    reach = ((sums << left) * multiplier >> 32) + np.abs(offset) + 1
    if np.any(reach >= 2**31):
        return None
    return Scaled(is_signed=False, left=left, factors=np.stack([multiplier, offset, bits], axis=1))


def _scaled_even(op: DepthwiseConv2D) -> Scaled | None:
    """Give the factors of an operator that rounds to even, with the output so many bits up."""
    lines = even_lines(op)
    if lines is None:
        return None
    bits = _bits_up(op, lines.shift, lines.bound, least_left=0)
    if np.any(bits < 0):
        return None
    up = raise_lines(lines, op.output.zero_point, bits)
    if not np.all(up.fits):
        return None
    factors = np.stack([up.multiplier, up.offset, bits], axis=1)
    return Scaled(is_signed=False, left=up.left, factors=factors)


def _bits_up(op: DepthwiseConv2D, right: Ints, sums: Ints, *, least_left: int = 2) -> Ints:
    """Give how many bits up the output of each channel may be, the fastest first; -1: none."""
    weights = np.abs(op.weight.values[0].astype(np.int64)).max(axis=(0, 1))
    bits = np.full(len(sums), -1)
    for candidate in (_FAST_BITS, *range(1, 23)):
        left = candidate - right + 1
        fits = (left >= least_left) & (left <= 30)
        scale = np.int64(1) << np.clip(left, 0, 30)
        fits &= (weights * scale < 2**15) & (sums * scale < 2**31)
        bits = np.where((bits < 0) & fits, candidate, bits)
    return bits


def sums_scale(op: DepthwiseConv2D) -> bool:
    """Scale ratios input * weight / output must be of a size that sums of 32 bits allow."""
    if not weight_is_constant(op):
        return True
    try:
        return find_scaling(op) is not None
    except ModelError:
        return False


def negative_sums_are_clamped(op: DepthwiseConv2D) -> bool:
    """Clamp must hide what is below the zero point (ReLU), scale ratios must allow 32-bit sums."""
    if not weight_is_constant(op):
        return True
    try:
        scaled = find_scaling(op)
    except ModelError:
        return False
    return scaled is not None and not scaled.is_signed


def scaled_lines(op: DepthwiseConv2D) -> Lines | None:
    """Give the factors of an operator that rounds to even if its sums scale."""
    return even_lines(op) if find_scaling(op) is not None else None
