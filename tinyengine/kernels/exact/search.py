"""Search for factors whose one rounding gives every output that the reference's roundings give."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from tinyengine.ir import Conv2D, DepthwiseConv2D
from tinyengine.kernels.exact.fold import outputs_of, sum_ranges
from tinyengine.reference.convolution import convolution_factors
from tinyengine.reference.fixed_point import Ints

_WORD = 2**31

_REACH, _NUDGE = 10, 2**20
"""Multipliers are searched within 2^-_REACH of the nearest; nudges are below _NUDGE."""


_WINDOWS = ((-1, 3), (-4, 5))
"""Where changes are looked for, around where they would be without roundings."""


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
        for before, after in _WINDOWS:
            near = np.clip(about[:, None] + np.arange(before, after), least, greatest)
            reached = self.outputs_at(near) >= outputs[:, None]
            if np.all(reached[:, -1]) and not np.any(reached[:, 0]):
                break
        assert not np.any(reached[:, 0]), "a change lies below where it was looked for"
        assert np.all(reached[:, -1]), "a change lies above where it was looked for"
        return outputs, near[np.arange(len(outputs)), reached.argmax(axis=1)]


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
