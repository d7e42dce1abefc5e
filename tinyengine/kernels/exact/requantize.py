"""Requantization factors in the forms that DSP kernels read, equal bit for bit to the reference.

`fold` gives factors with which `te_requantize` and the output's zero point take five instructions
(`te_dsp.h`, te_requantize_folded); `raise_outputs` gives some with which they take two, a high
multiply and a saturating shift by a constant, where no output below the zero point is told apart.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import Conv2D, DepthwiseConv2D
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """The outputs of all sums in `span`.

    `outputs_at` must not fall where the sum grows, and be the sum times `real`, rounded in any way
    to the next or the second next integer, plus `zero_point`, clamped to `limits`.
    """

    outputs_at: Callable[[Ints], Ints]
    real: float
    zero_point: int
    limits: tuple[int, int]
    span: tuple[int, int]

    @property
    def is_flat(self) -> bool:
        """True where all sums give the same output."""
        return len(set(self._ends())) == 1

    def _ends(self) -> list[int]:
        """Give the least and the greatest output."""
        return [int(output) for output in self.outputs_at(np.array(self.span, np.int64))]

    def changes(self) -> tuple[Ints, Ints]:
        """Give the outputs above the least, and the least sum that gives each."""
        least, greatest = self.span
        first, last = self._ends()
        outputs = np.arange(first + 1, last + 1, dtype=np.int64)
        about = np.floor((outputs - self.zero_point - 0.5) / self.real).astype(np.int64)
        near = np.clip(about[:, None] + np.arange(-4, 5), least, greatest)
        reached = self.outputs_at(near) >= outputs[:, None]
        assert not np.any(reached[:, 0]), "a change lies below where it was looked for"
        assert np.all(reached[:, -1]), "a change lies above where it was looked for"
        return outputs, near[np.arange(len(outputs)), reached.argmax(axis=1)]


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
    """Tell whether the clamp hides how sums below zero round: te_requantize_folded_up is exact."""
    return op.act_min >= op.output.zero_point


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
    curves, ranges = curves_of(op), sum_ranges(op)
    up = np.maximum(bits - shift, 1)
    left = np.where(is_constant, 0, up + 1)
    moved = np.where(is_constant, constant << bits, (offset << up) + (1 << (up - 1)))
    nudge = np.zeros_like(left)
    fits = is_constant | (bits > shift)
    for channel in np.flatnonzero(~fits):
        curve = curves[channel]
        found = exact_factors(curve, bits, natural_left(curve, bits))
        if found is not None:
            multiplier[channel], nudge[channel] = found
            moved[channel] = half_up(op.output.zero_point, bits)
            left[channel] = natural_left(curve, bits)
            fits[channel] = True
    bound = np.where(is_constant, 0, np.max(np.abs(ranges), axis=0) << left) + np.abs(nudge)
    reach = (bound * multiplier >> 32) + np.abs(moved) + 1
    fits = fits & (bound < _WORD) & (reach < _WORD)
    return Raised(multiplier=multiplier, offset=moved, left=left, nudge=nudge, fits=fits)


def curves_of(op: Conv2D | DepthwiseConv2D) -> tuple[Curve, ...]:
    """Give the outputs of every channel for the sums that it can have."""
    multipliers, shifts = convolution_factors(op)
    spans = zip(*(ends.tolist() for ends in sum_ranges(op)), strict=True)
    return tuple(
        Curve(
            outputs_at=partial(outputs_of, op, factors=(multiplier, shift)),
            real=float(multiplier) * 2.0 ** (float(shift) - 31),
            zero_point=op.output.zero_point,
            limits=(op.act_min, op.act_max),
            span=span,
        )
        for multiplier, shift, span in zip(multipliers, shifts, spans, strict=True)
    )


def half_up(output: int, bits: int) -> int:
    """Give the offset with which a product of 0 gives `output`, `bits` up and rounded halves up."""
    return int(output << bits) + (1 << (bits - 1))


def natural_left(curve: Curve, bits: int) -> int:
    """Give the scaling of sums with which the multiplier of an output `bits` up has 31 bits."""
    return max(0, bits + 1 + int(np.frexp(curve.real)[1]))


def exact_factors(curve: Curve, bits: int, left: int, step: int = 1) -> tuple[int, int] | None:
    """Give (multiplier, nudge) with which outputs are exact; None where none near `real` is.

    Nudges are multiples of `step`.

    The output is (half_up(zero_point) + ((sum * 2^left + nudge) * multiplier >> 32)) >> bits,
    clamped. What is found does not fall where the sum grows either, and gives the same outputs on
    both sides of every change and at the ends: it is the same function. Where the output never
    changes both are 0, and the offset is to be that of the output.
    """
    if curve.is_flat:
        return 0, 0
    nearest = round(curve.real * 2.0 ** (32 + bits - left)) if curve.real > 0 else 0
    if not 0 < nearest < _WORD or int(np.abs(curve.span).max()) << left > _WORD - _NUDGE:
        return None
    offset = half_up(curve.zero_point, bits)
    outputs, sums = curve.changes()
    wanted, scaled = ((outputs << bits) - offset) << 32, sums << left
    edges = np.concatenate([sums, sums - 1, np.array(curve.span, np.int64)])
    for multiplier in _multipliers(nearest, wanted, scaled, 1 << left):
        # How much is missing from the scaled sums to those that give these outputs.
        needed = -(-wanted // multiplier) - scaled
        nudge = -(-int(needed.max()) // step) * step
        if nudge < int(needed.min()) + (1 << left) and abs(nudge) < _NUDGE:
            moved = (((edges << left) + nudge) * multiplier >> 32) + offset
            if np.array_equal(np.clip(moved >> bits, *curve.limits), curve.outputs_at(edges)):
                return multiplier, nudge
    return None


def _multipliers(nearest: int, wanted: Ints, scaled: Ints, room: int) -> Iterator[int]:
    """Give multipliers ever closer to the one whose needed nudges lie closest together.

    Those are wanted / multiplier - scaled: how far they lie apart is convex in 1 / multiplier, and
    its slope tells on which side of a multiplier the best one is. Ends where no multiplier between
    the bounds can have them within `room` of each other.
    """
    low, high = max(1, nearest - (nearest >> _REACH)), min(_WORD - 1, nearest + (nearest >> _REACH))
    multiplier, targets = nearest, wanted.astype(np.float64)
    while low <= high:
        yield multiplier
        needed = targets / multiplier - scaled
        most, least = int(needed.argmax()), int(needed.argmin())
        slope = float(targets[most] - targets[least])
        low, high = (multiplier + 1, high) if slope > 0 else (low, multiplier - 1)
        gain = slope * (1 / multiplier - 1 / (high if slope > 0 else max(low, 1)))
        if needed[most] - needed[least] - gain > room + 1:
            return
        multiplier = (low + high) // 2


_REACH, _NUDGE = 10, 2**20
