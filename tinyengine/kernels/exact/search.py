"""Search for factors whose one rounding gives every output that the reference's roundings give.

All channels are searched at once: an array [n] has one number for each, [n, k] a row of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from tinyengine.ir import Conv2D, DepthwiseConv2D, once
from tinyengine.kernels.exact.fold import sum_ranges
from tinyengine.reference.convolution import convolution_factors
from tinyengine.reference.fixed_point import Ints, requantize

_WORD = 2**31

_REACH, _NUDGE = 10, 2**20
"""Multipliers are searched within 2^-_REACH of the nearest; nudges are below _NUDGE."""

_WINDOWS = ((-1, 3), (-4, 5))
"""Where changes are looked for, around where they would be without roundings."""

_AT_ONCE = 128
"""Channels in one go: what is computed of so many stays in the processor's cache."""

Bools = npt.NDArray[np.bool_]
Reals = npt.NDArray[np.float64]
Words = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Changes:
    """Where the outputs of some channels change.

    `outputs` [n, k] are those above the least, `sums` [n, k] the least sum that gives each. `edges`
    [n, 2 * k + 2] are the sums on both sides of every change and the ends, and `expected` what they
    give.
    """

    outputs: Ints
    sums: Ints
    edges: Ints
    expected: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curves:
    """The outputs of `channels` [n], for all sums in `spans` [n, 2].

    `outputs_at` gives those of channels [n] for sums [n, k]. They must not fall where the sum
    grows, and be the sum times `reals` [n], rounded in any way to the next or the second next
    integer, plus `zero_point`, clamped to `limits`. `known` are changes that were looked for
    before, by their channels: the sums, and what the edges give, in 32 bits each.
    """

    outputs_at: Callable[[Ints, Ints], Ints]
    channels: Ints
    reals: Reals
    zero_point: int
    limits: tuple[int, int]
    spans: Ints
    known: dict[bytes, tuple[Words, Words]] = field(default_factory=dict, repr=False)

    def at(self, sums: Ints) -> Ints:
        """Give the outputs for sums [n, k]."""
        return self.outputs_at(self.channels, sums)

    def of(self, which: Ints | Bools | slice) -> "Curves":
        """Give the curves at some places."""
        return replace(
            self,
            channels=self.channels[which],
            reals=self.reals[which],
            spans=self.spans[which],
        )

    def parts(self) -> Iterator["Curves"]:
        """Give all of them, as many at a time as are best computed in one go."""
        starts = range(0, len(self.channels), _AT_ONCE)
        return (self.of(slice(start, start + _AT_ONCE)) for start in starts)

    def changes(self) -> Changes:
        """Give where the outputs change: sums of at most 31 bits.

        No curve may be flat; one that has fewer outputs than others repeats its last. Looking for
        changes takes long, and several searches ask for those of the same channels.
        """
        first, last = self.at(self.spans).T[:, :, None]
        outputs = np.minimum(first + 1 + np.arange(np.max(last - first)), last)
        which = self.channels.tobytes()
        found = self.known.get(which)
        sums = self._first_sums(outputs) if found is None else found[0].astype(np.int64)
        edges = np.concatenate([sums, sums - 1, self.spans], axis=1)
        expected = self.at(edges) if found is None else found[1].astype(np.int64)
        self.known[which] = found or (sums.astype(np.int32), expected.astype(np.int32))
        return Changes(outputs=outputs, sums=sums, edges=edges, expected=expected)

    def _first_sums(self, outputs: Ints) -> Ints:
        """Give the least sums that give `outputs`, [n, k]."""
        about = np.floor((outputs - self.zero_point - 0.5) / self.reals[:, None]).astype(np.int64)
        sums, is_found = self._reached(outputs, about, *_WINDOWS[0])
        if not np.all(is_found):
            others = np.flatnonzero(~is_found)
            wider, is_found = self.of(others)._reached(outputs[others], about[others], *_WINDOWS[1])
            assert np.all(is_found), "a change lies elsewhere than where it was looked for"
            sums[others] = wider
        return sums

    def _reached(self, outputs: Ints, about: Ints, before: int, after: int) -> tuple[Ints, Bools]:
        """Give the least sums, from `before` up to `after`, that give `outputs`, all [n, k].

        And whether all of a channel, [n], are there: below is a sum that does not give it yet.
        """
        steps = np.arange(before, after)
        near = np.clip(about[:, :, None] + steps, *self.spans.T[:, :, None, None])
        given = self.at(near.reshape(len(near), -1)).reshape(near.shape)
        reached = given >= outputs[:, :, None]
        sums = np.take_along_axis(near, reached.argmax(axis=2)[:, :, None], axis=2)[:, :, 0]
        return sums, np.all(reached[:, :, -1] & ~reached[:, :, 0], axis=1)


@once
def curves_of(op: Conv2D | DepthwiseConv2D) -> Curves:
    """Give the outputs of every channel for the sums that it can have."""
    multipliers, shifts = convolution_factors(op)
    zero_point, limits = op.output.zero_point, (op.act_min, op.act_max)

    def outputs_at(channels: Ints, sums: Ints) -> Ints:
        """Give the outputs of `channels` for `sums`."""
        scaled = requantize(sums, multipliers[channels, None], shifts[channels, None])
        return np.clip(scaled + zero_point, *limits)

    return Curves(
        outputs_at=outputs_at,
        channels=np.arange(len(multipliers)),
        reals=np.ldexp(multipliers.astype(np.float64), shifts.astype(np.int64) - 31),
        zero_point=zero_point,
        limits=limits,
        spans=np.stack(sum_ranges(op), axis=1),
    )


def half_up(output: int, bits: int) -> int:
    """Give the offset with which a product of 0 gives `output`, `bits` up and rounded halves up."""
    return int(output << bits) + (1 << (bits - 1))


def natural_left(curves: Curves, bits: int) -> Ints:
    """Give the scaling of sums with which the multiplier of an output `bits` up has 31 bits."""
    return np.maximum(0, bits + 1 + np.frexp(curves.reals)[1].astype(np.int64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExactFactors:
    """For every channel whether there are factors, and which: all are [n].

    Where the output never changes both are 0, and the offset is to be that of `constant`, which
    is the least output.
    """

    exists: Bools
    multiplier: Ints
    nudge: Ints
    constant: Ints

    @property
    def is_flat(self) -> Bools:
        """Where the output never changes."""
        return np.asarray(self.exists & (self.multiplier == 0))


def exact_factors(curves: Curves, bits: int, left: Ints, step: Ints | int = 1) -> ExactFactors:
    """Give the multipliers and nudges near `reals` with which outputs are exact, if there are any.

    Nudges are multiples of `step`, which is [n] as `left` is, or one number.

    The output is (half_up(zero_point) + ((sum * 2^left + nudge) * multiplier >> 32)) >> bits,
    clamped. What is found does not fall where the sum grows either, and gives the same outputs on
    both sides of every change and at the ends: it is the same function.
    """
    least, greatest = curves.at(curves.spans).T
    is_flat = least == greatest
    multiplier, nudge = np.zeros_like(left), np.zeros_like(left)
    reals = np.clip(np.ldexp(curves.reals, 32 + bits - left), 0, _WORD)
    nearest = np.rint(reals).astype(np.int64)
    is_small = np.abs(curves.spans).max(axis=1) <= (_WORD - _NUDGE) >> left
    searched = np.flatnonzero(~is_flat & (nearest > 0) & (nearest < _WORD) & is_small)
    steps = np.broadcast_to(step, left.shape)
    for start in range(0, len(searched), _AT_ONCE):
        part = searched[start : start + _AT_ONCE]
        search = _Search(curves.of(part), bits, left[part], steps[part])
        multiplier[part], nudge[part] = search.run(nearest[part])
    return ExactFactors(
        exists=is_flat | (multiplier > 0), multiplier=multiplier, nudge=nudge, constant=least
    )


class _Search:
    """The search for the factors of some channels, none of which is flat."""

    def __init__(self, curves: Curves, bits: int, left: Ints, step: Ints) -> None:
        self._bits, self._limits = bits, curves.limits
        self._step, self._room = step, 1 << left
        self._offset = half_up(curves.zero_point, bits)
        changes = curves.changes()
        self._wanted = ((changes.outputs << bits) - self._offset) << 32
        self._targets = self._wanted.astype(np.float64)
        self._scaled = changes.sums << left[:, None]
        self._edges, self._expected = changes.edges << left[:, None], changes.expected

    def run(self, nearest: Ints) -> tuple[Ints, Ints]:
        """Search from the multipliers `nearest` on; give multipliers and nudges, 0 where none is.

        Nudges that are needed are wanted / multiplier - scaled: how far they lie apart is convex in
        1 / multiplier, and its slope tells on which side of a multiplier the best one is. A search
        ends where no multiplier between the bounds can have them within 2^left of each other.
        """
        multiplier, nudge = np.zeros_like(nearest), np.zeros_like(nearest)
        low = np.maximum(1, nearest - (nearest >> _REACH))
        high = np.minimum(_WORD - 1, nearest + (nearest >> _REACH))
        tried, rows = nearest, np.arange(len(nearest))
        while len(rows):
            spread, slope = self._spread(rows, tried)
            near = np.flatnonzero(spread < self._room[rows] + 2)
            fits, nudges = self._fits(rows[near], tried[near])
            done = near[fits]
            multiplier[rows[done]], nudge[rows[done]] = tried[done], nudges[fits]
            is_above = slope > 0
            low, high = np.where(is_above, tried + 1, low), np.where(is_above, high, tried - 1)
            bound = np.where(is_above, high, np.maximum(low, 1))
            gain = slope * (1 / tried - 1 / bound)
            going = (spread - gain <= self._room[rows] + 1) & (low <= high)
            going[done] = False
            low, high, rows = low[going], high[going], rows[going]
            tried = (low + high) // 2
        return multiplier, nudge

    def _spread(self, rows: Ints, multiplier: Ints) -> tuple[Reals, Reals]:
        """Give how far needed nudges lie apart, and how that grows with 1 / multiplier."""
        targets = self._targets[rows]
        needed = targets / multiplier[:, None] - self._scaled[rows]
        each = np.arange(len(rows))
        most, least = (each, needed.argmax(axis=1)), (each, needed.argmin(axis=1))
        return needed[most] - needed[least], targets[most] - targets[least]

    def _fits(self, rows: Ints, multiplier: Ints) -> tuple[Bools, Ints]:
        """Tell where a multiplier gives all outputs with some nudge, and give the nudges."""
        factor, step = multiplier[:, None], self._step[rows]
        # How much is missing from the scaled sums to those that give the outputs.
        needed = -(-self._wanted[rows] // factor) - self._scaled[rows]
        nudge = -(-needed.max(axis=1) // step) * step
        fits = (nudge < needed.min(axis=1) + self._room[rows]) & (np.abs(nudge) < _NUDGE)
        left = np.flatnonzero(fits)
        sums = self._edges[rows[left]] + nudge[left, None]
        moved = (sums * factor[left] >> 32) + self._offset
        given = np.clip(moved >> self._bits, *self._limits)
        fits[left] = np.all(given == self._expected[rows[left]], axis=1)
        return fits, nudge
