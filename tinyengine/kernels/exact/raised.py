"""Factors of convolutions that give outputs some bits up, with one rounding.

A high multiply and a saturating shift by a constant then give the output, where no output below
the zero point is told apart.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.ir import Conv2D, DepthwiseConv2D
from tinyengine.kernels.exact.even import Lines
from tinyengine.kernels.exact.fold import Folded, constant_outputs, sum_ranges
from tinyengine.kernels.exact.search import curves_of, exact_factors, half_up, natural_left
from tinyengine.reference.fixed_point import Ints

_WORD = 2**31


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Raised:
    """Factors for sums scaled by 2^left, where they fit: all are [out_c].

    The output is (offset + ((sum * 2^left + nudge) * multiplier >> 32)) >> bits, clamped. A channel
    whose output never changes has multiplier, left and nudge 0; its sum may be anything.
    """

    multiplier: Ints
    offset: Ints
    left: Ints
    nudge: Ints
    fits: npt.NDArray[np.bool_]


def raise_lines(lines: Lines, zero_point: int, bits: int | Ints) -> Raised:
    """Give the factors of an operator that rounds to even for an output `bits` up, [out_c] or one.

    sum * multiplier ≥ (k - 1/2) * 2^(31 + shift), scaled: a multiplier that is too large by itself
    loses last bits, where they are 0.
    """
    left = bits + 1 - lines.shift
    down = np.maximum(-left, 0)
    left = np.maximum(left, 0)
    multiplier = lines.multiplier >> down
    offset = (2 * np.int64(zero_point) + 1 << bits >> 1) + np.zeros_like(left)
    scaled = np.where(left < 31, lines.bound << np.minimum(left, 31), _WORD)
    reach = (scaled * multiplier >> 32) + np.abs(offset) + 1
    fits = (scaled < _WORD) & (reach < _WORD) & (multiplier << down == lines.multiplier)
    return Raised(
        multiplier=multiplier, offset=offset, left=left, nudge=np.zeros_like(left), fits=fits
    )


def raise_outputs(op: Conv2D | DepthwiseConv2D, folded: Folded, bits: int) -> Raised:
    """Give factors with which the output is `bits` up, each channel scaled as suits it best.

    For operators of which `rounds_up_only` is true. Both roundings are in the offset:
    (offset + 1/2) * 2^32 for an output that is `shift` bits up, times 2^(bits - shift), is a whole
    number of 2^32 where bits > shift. Other channels change so little that some factor has the
    changes in their places.
    """
    multiplier, offset, shift = (
        part.astype(np.int64) for part in (folded.multiplier, folded.offset, folded.shift)
    )
    constant, is_constant = constant_outputs(op)
    ranges = sum_ranges(op)
    up = np.maximum(bits - shift, 1)
    left = np.where(is_constant, 0, up + 1)
    moved = np.where(is_constant, constant << bits, (offset << up) + (1 << (up - 1)))
    nudge = np.zeros_like(left)
    fits = is_constant | (bits > shift)
    others = np.flatnonzero(~fits)
    curves = curves_of(op).of(others)
    natural = natural_left(curves, bits)
    found = exact_factors(curves, bits, natural)
    which = others[found.exists]
    multiplier[which], nudge[which] = found.multiplier[found.exists], found.nudge[found.exists]
    left[which], moved[which] = natural[found.exists], half_up(op.output.zero_point, bits)
    fits[which] = True
    bound = np.where(is_constant, 0, np.max(np.abs(ranges), axis=0) << left) + np.abs(nudge)
    reach = (bound * multiplier >> 32) + np.abs(moved) + 1
    fits = fits & (bound < _WORD) & (reach < _WORD)
    return Raised(multiplier=multiplier, offset=moved, left=left, nudge=nudge, fits=fits)
