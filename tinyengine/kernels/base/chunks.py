"""Chunks of taps whose sums, for any input, fit 16 bits: two pixels share a multiplication.

Source: te_base_dot.h.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.ir import Array
from tinyengine.reference.fixed_point import Ints

PAIRS = (1, 2, 3, 4, 5, 8)
"""Pairs of taps that a chunk may have; the place is its code."""

LAST, AGAIN = 6, 7
"""Codes of the last chunk of a channel and of one whose taps are read again; each has one pair."""

START = 2**15
"""What a chunk starts from, and up to 63 more: the codes of the chunks before."""

_LEAST, _GREATEST = -START, START - 1 - 63

_SPLIT = -128
"""Two of it are too much for a chunk: it is read twice, with half the weights."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chunks:
    """How the taps of every channel are divided: [out_c, most], pairs each, filled with zeros."""

    pairs: Ints
    again: Ints

    @property
    def count(self) -> Ints:
        """Give the chunks of every channel, [out_c]."""
        return np.asarray((self.pairs > 0).sum(axis=1) + self.again)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stream:
    """What the kernel reads of one channel's weights, and the sum of what its chunks start from."""

    content: Array
    starts: int


def divide(weights: Ints) -> Chunks:
    """Give the fewest chunks for weights [out_c, taps] in int8."""
    pairs = _paired(weights)
    again = (pairs == _SPLIT).all(axis=2).sum(axis=1)
    choice = _choices(pairs)
    count, channels = len(choice), np.arange(len(pairs))
    place = np.zeros(len(pairs), np.int64)
    steps = []
    while np.any(is_open := place < count):
        size = np.where(is_open, choice[np.minimum(place, count - 1), channels], 0)
        steps.append(size)
        place = place + size
    return Chunks(pairs=np.stack(steps, axis=1), again=again)


def _paired(weights: Ints) -> Ints:
    """Give the weights two by two; a last one has a zero beside it."""
    even = np.pad(weights, ((0, 0), (0, weights.shape[1] % 2)))
    return np.asarray(even.reshape(len(even), -1, 2))


def _choices(pairs: Ints) -> Ints:
    """Give the best chunk at every pair, [pairs, out_c]: the last pair is a chunk of its own."""
    out_c, count, _ = pairs.shape
    is_split = (pairs == _SPLIT).all(axis=2)
    lows, highs = _running_extremes(pairs)
    cost = np.full((count + max(PAIRS), out_c), np.inf)
    cost[count - 1] = 1 + is_split[:, -1]
    choice = np.ones((count, out_c), np.int64)
    sizes = np.array(PAIRS)
    for place in range(count - 2, -1, -1):
        ends = np.minimum(place + sizes, count)
        least, greatest = (part[:, ends] - part[:, place, None] for part in (lows, highs))
        fits = (least >= _LEAST) & (greatest <= _GREATEST) & (place + sizes < count)
        fits[:, 0] = True
        each = np.where(fits, cost[place + sizes].T, np.inf)
        best = np.argmin(each, axis=1)
        choice[place] = sizes[best]
        cost[place] = np.min(each, axis=1) + 1 + is_split[:, place]
    return choice


def _running_extremes(pairs: Ints) -> tuple[Ints, Ints]:
    """Give the least and the greatest sums of the first pairs, [out_c, pairs + 1]."""
    ends = np.stack([-128 * pairs, 127 * pairs])
    pad = ((0, 0), (1, 0))
    lows, highs = (
        np.pad(np.cumsum(part.sum(axis=2), axis=1), pad)
        for part in (ends.min(axis=0), ends.max(axis=0))
    )
    return lows, highs


def stream(weights: Ints, sizes: Ints, *, is_halved: bool) -> Stream:
    """Give the stream of one channel from its weights [taps] and its chunks, pairs each.

    A byte of codes, of a chunk and the one behind it, stands behind the first pair of every
    second chunk. `is_halved`: weights are two in a byte.
    """
    pairs, sizes = _paired(weights[None])[0], sizes[sizes > 0]
    first = np.cumsum(sizes) - sizes
    is_split = (pairs[first] == _SPLIT).all(axis=1)
    times = np.ones(len(pairs), np.int64)
    times[first[is_split]] = 2
    pairs = np.repeat(pairs, times, axis=0)
    pairs = np.where((pairs == _SPLIT).all(axis=1)[:, None], _SPLIT // 2, pairs)
    codes = _codes(sizes, is_split)
    sizes = np.repeat(sizes, 1 + is_split)
    behind = (np.cumsum(sizes) - sizes)[::2] + 1
    digits = pairs.reshape(-1)
    per_pair = 1 if is_halved else 2
    if is_halved:
        digits = (digits[::2] & 15) | (digits[1::2] << 4)
    starts = START * len(sizes) + int(np.repeat(codes, 2)[: len(sizes) - 1].sum())
    content = np.insert(digits, behind * per_pair, codes).astype(np.uint8)
    return Stream(content=content.view(np.int8), starts=starts)


def _codes(sizes: Ints, is_split: npt.NDArray[np.bool_]) -> Ints:
    """Give the bytes of codes: of every second chunk, and 8 times that of the one behind it."""
    known = np.zeros(max(PAIRS) + 1, np.int64)
    known[list(PAIRS)] = range(len(PAIRS))
    each = known[sizes]
    each[-1] = LAST
    codes = np.repeat(each, 1 + is_split)
    codes[(np.cumsum(1 + is_split) - 2)[is_split]] = AGAIN
    both = np.pad(codes, (0, len(codes) % 2))
    return np.asarray(both[::2] + 8 * both[1::2])
