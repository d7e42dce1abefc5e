"""Factors of operators that round to even, with one rounding; and the sums that they miss.

A float32 product that lies near a half is rounded twice, and then to even. With integers a sum
times a factor is rounded once, and another factor near by often gives the same outputs for every
sum that there can be. Where none does, the best one misses a few sums, which are listed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.ir import DepthwiseConv2D, FullyConnected, once
from tinyengine.kernels.ref.convolution import (
    Weighted,
    folded_bias,
    weight_is_constant,
)
from tinyengine.reference.convolution import even_factors, scaled_sums, weight_zero_point
from tinyengine.reference.fixed_point import Ints

Flags = npt.NDArray[np.bool_]

_WORD = 2**31
_SHIFTS = (-8, 22)
"""Right shifts for which what is compared here fits 64 bits."""

_MOST_CHANNELS = 2**15

_MOST_MISSES = 8
"""Per channel, on average: more would cost more bytes and time than they are worth."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Misses:
    """Sums whose output is another one than the factor gives; arrays of equal length.

    Ordered by channel. Outputs are without zero point.
    """

    channel: Ints
    total: Ints
    found: Ints
    right: Ints

    def __len__(self) -> int:
        return len(self.channel)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Factors with one rounding: a sum's output is that many halves, [out_c] each.

    The output is the greatest k with sum * multiplier ≥ (k - 1/2) * 2^(31 + shift), clamped, but
    for the misses. A multiplier has 31 bits, in [2^30, 2^31), and as few of them as possible.
    `bound` is of the sums' magnitude.
    """

    multiplier: Ints
    shift: Ints
    bound: Ints
    misses: Misses


def bounds_of_sums(op: Weighted) -> tuple[Ints, Ints]:
    """Give the least and the greatest sum of every output channel that any input gives."""
    weight = op.weight.values.astype(np.int64)
    rows = weight.reshape(-1, weight.shape[-1]).T
    if not isinstance(op, DepthwiseConv2D):
        rows = weight.reshape(weight.shape[0], -1)
    if isinstance(op, FullyConnected):
        rows = rows - weight_zero_point(op)
    bias = folded_bias(op).astype(np.int64)
    ends = np.stack([-128 * rows, 127 * rows])
    return bias + ends.min(axis=0).sum(axis=1), bias + ends.max(axis=0).sum(axis=1)


@once
def even_lines(op: Weighted, fraction: int | None = None) -> Lines | None:
    """Give the factors of `op`, which rounds to even; None where they would miss many sums.

    With `fraction` they are whole for sums that are 2^8 times as large and outputs that are so
    many bits up in the high word of their products.
    """
    factors = np.broadcast_to(even_factors(op).astype(np.float64), op.output.shape[-1:])
    mantissas, exponents = np.frexp(factors)
    shift = -exponents.astype(np.int64)
    if not np.all((factors > 0) & (shift >= _SHIFTS[0]) & (shift <= _SHIFTS[1])):
        return None
    least, greatest = bounds_of_sums(op)
    if max(np.abs(least).max(), np.abs(greatest).max()) >= _WORD or len(least) > _MOST_CHANNELS:
        return None
    changes = _changes(op, least, greatest)
    halves = (2 * changes.outputs - 1)[:, None] << (30 + shift)
    plain = np.round(mantissas * _WORD).astype(np.int64)
    last_bits = np.zeros_like(shift) if fraction is None else np.maximum(shift + 7 - fraction, 0)
    multiplier = _best_multipliers(halves, changes, plain, 1 << last_bits)
    misses = _misses(changes, -(-halves // multiplier), (least, greatest))
    if len(misses) > _MOST_MISSES * len(factors):
        return None
    return Lines(
        multiplier=multiplier,
        shift=shift,
        bound=np.maximum(abs(least), abs(greatest)),
        misses=misses,
    )


def lines_miss_few(op: Weighted) -> bool:
    """Factors must exist that round all but a few sums as float32 does, halves to even."""
    return not weight_is_constant(op) or even_lines(op) is not None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Changes:
    """Where outputs begin: `outputs`, without zero point, [K], and the rest [K, C].

    `sums` is the least sum of the channel that gives the output or more; one more than the
    greatest where none does. `is_met` tells whether there are sums on both sides.
    """

    outputs: Ints
    sums: Ints
    is_met: Flags


def _changes(op: Weighted, least: Ints, greatest: Ints) -> _Changes:
    """Find the changes by bisection: outputs never fall where the sum grows."""
    outputs = np.arange(op.act_min + 1, op.act_max + 1, dtype=np.int64) - op.output.zero_point
    wanted = outputs[:, None]
    at_least, at_most = scaled_sums(op, least) >= wanted, scaled_sums(op, greatest) >= wanted
    below = np.where(at_least, least - 1, least)
    above = np.where(at_least, least, np.where(at_most, greatest, greatest + 1))
    below = np.where(at_most, below, greatest)
    while np.any(is_open := above - below > 1):
        middle = (below + above) // 2
        reaches = scaled_sums(op, middle) >= wanted
        above = np.where(is_open & reaches, middle, above)
        below = np.where(is_open & ~reaches, middle, below)
    return _Changes(outputs=outputs, sums=above, is_met=at_most & ~at_least)


def _best_multipliers(halves: Ints, changes: _Changes, plain: Ints, grain: Ints) -> Ints:
    """Give for every channel a multiple of `grain` that puts the most changes at their sums.

    A change is there if sum * multiplier ≥ half, and (sum - 1) * multiplier < half: an interval of
    multipliers. The one in most of them is looked for, and of those the one with the fewest bits.
    """
    sums, before = changes.sums, changes.sums - 1
    low = np.maximum(
        np.where(sums > 0, -(-halves // np.where(sums > 0, sums, 1)), 0),
        np.where(before < 0, halves // np.where(before < 0, before, -1) + 1, 0),
    )
    high = np.minimum(
        np.where(before > 0, -(-halves // np.where(before > 0, before, 1)) - 1, _WORD - 1),
        np.where(sums < 0, halves // np.where(sums < 0, sums, -1), _WORD - 1),
    )
    low = -(-np.maximum(low, _WORD // 2) // grain)
    high = np.minimum(high, _WORD - 1) // grain
    counts = changes.is_met & (low <= high)
    # One interval more, of the factor itself, counts half: of equally good ones it is the best.
    nearest = np.clip((plain + grain // 2) // grain, 1, (_WORD - 1) // grain)[None, :]
    starts = np.concatenate([np.where(counts, low, nearest), nearest])
    ends = np.concatenate([np.where(counts, high, nearest), nearest]) + 1
    weights = np.concatenate([2 * counts.astype(np.int64), np.ones_like(nearest)])
    return _most_covered(starts, ends, weights) * grain


def _most_covered(starts: Ints, ends: Ints, weights: Ints) -> Ints:
    """Give for every channel the number in most of its intervals [start, end), all [K, C]."""
    places = np.concatenate([starts, ends])
    steps = np.concatenate([weights, -weights])
    order = np.argsort(places, axis=0, kind="stable")
    places, steps = (np.take_along_axis(each, order, axis=0) for each in (places, steps))
    covered = np.cumsum(steps, axis=0)[:-1]
    covered[places[:-1] == places[1:]] = -1
    best = covered.argmax(axis=0)[None, :]
    first = np.take_along_axis(places, best, axis=0)[0]
    last = np.take_along_axis(places, best + 1, axis=0)[0] - 1
    return _with_fewest_bits(first, last)


def _with_fewest_bits(first: Ints, last: Ints) -> Ints:
    """Give the numbers in [first, last] that end in the most zeros."""
    found = first
    for bits in range(31):
        rounded = last >> bits << bits
        found = np.where(rounded >= first, rounded, found)
    return found


def _misses(changes: _Changes, begins: Ints, ends: tuple[Ints, Ints]) -> Misses:
    """Give the sums between where outputs begin and where the factors have them begin."""
    begins = np.clip(begins, ends[0], ends[1] + 1)
    rows: list[tuple[int, int, int, int]] = []
    for row, index in np.argwhere(begins != changes.sums).tolist():
        output = int(changes.outputs[row])
        good, bad = int(changes.sums[row, index]), int(begins[row, index])
        gives = (output, output - 1) if bad < good else (output - 1, output)
        rows += [(index, total, *gives) for total in range(min(good, bad), max(good, bad))]
    channel, total, found, right = np.array(sorted(rows), np.int64).reshape(-1, 4).T
    return Misses(channel=channel, total=total, found=found, right=right)
