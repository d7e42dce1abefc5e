"""A factor and an offset for every byte of a channel: proven right by trying all."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import DepthwiseConv2D, Rounding, once
from tinyengine.kernels.ref.convolution import weight_is_constant
from tinyengine.reference.convolution import convolution_factors, even_factors, scaled_sums
from tinyengine.reference.fixed_point import Ints

Reals = npt.NDArray[np.float64]

_SHIFTS = (22, 20, 18, 16)
_NUDGES = np.array(sorted(range(-12, 13), key=abs), np.int64)
_BYTES = np.arange(-128, 128, dtype=np.int64)
_WORD, _UNBOUNDED = 2**31, 2**40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """Numbers with which te_depthwise_conv2d_s8_point is right, [out_c] each but `shift`."""

    factor: Ints
    offset: Ints
    shift: int


@once
def fit_point(op: DepthwiseConv2D) -> Point | None:
    """Give factors with which (byte * factor + offset) >> shift is every output; None if none is.

    None, too, where windows have more than one tap.
    """
    if op.weight.elements != op.output.shape[-1]:
        return None
    try:
        expected, real = _outputs(op), _factors(op)
    except ModelError:
        return None
    for shift in _SHIFTS:
        point = _fit(op, expected, real, shift)
        if point is not None:
            return point
    return None


def point_fits(op: DepthwiseConv2D) -> bool:
    """Factors of 22 bits must give all outputs of their channels."""
    return not weight_is_constant(op) or fit_point(op) is not None


def _factors(op: DepthwiseConv2D) -> Reals:
    """Give what a byte is worth in outputs, [out_c]."""
    if op.rounding is Rounding.EVEN:
        real = even_factors(op).astype(np.float64)
    else:
        multiplier, shift = convolution_factors(op)
        real = multiplier * 2.0 ** (shift.astype(np.float64) - 31)
    return np.asarray(real * op.weight.values.reshape(-1).astype(np.float64))


def _outputs(op: DepthwiseConv2D) -> Ints:
    """Give the outputs of every byte, [256, out_c]."""
    sums = (_BYTES[:, None] - op.input.zero_point) * op.weight.values.reshape(-1).astype(np.int64)
    sums = sums if op.bias is None else sums + op.bias.values.astype(np.int64)
    return np.clip(scaled_sums(op, sums) + op.output.zero_point, op.act_min, op.act_max)


def _fit(op: DepthwiseConv2D, expected: Ints, real: Reals, shift: int) -> Point | None:
    """Give the factors for one shift: for each of a few near `real` the offset is in a window."""
    if np.abs(real).max() * 2.0 ** (shift + 7) >= _WORD:
        return None
    factors = np.round(real * 2.0**shift).astype(np.int64) + _NUDGES[:, None]
    values = factors[:, None, :] * _BYTES[:, None]
    rises, falls = expected > op.act_min, expected < op.act_max
    least = np.where(rises, (expected << shift) - values, -_UNBOUNDED).max(axis=1)
    greatest = np.where(falls, ((expected + 1) << shift) - 1 - values, _UNBOUNDED).min(axis=1)
    # Where every output is clamped alike, any offset does that keeps it there: the clamp's end.
    least, greatest = np.maximum(least, -_WORD // 2), np.minimum(greatest, _WORD // 2)
    offsets = (least + greatest) >> 1
    reach = np.abs(values).max(axis=1) + np.abs(offsets)
    fits = (least <= greatest) & (reach < _WORD)
    if not np.all(np.any(fits, axis=0)):
        return None
    chosen = fits.argmax(axis=0)[None, :]
    factor, offset = (np.take_along_axis(each, chosen, axis=0)[0] for each in (factors, offsets))
    return Point(factor=factor, offset=offset, shift=shift)
