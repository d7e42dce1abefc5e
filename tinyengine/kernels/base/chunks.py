"""Chunks of taps whose sums, for any input, fit 16 bits: two pixels share a multiplication.

Source: te_base_dot.h.
"""

from dataclasses import dataclass

import numpy as np

from tinyengine.ir import Array
from tinyengine.reference.fixed_point import Ints

TAPS = (2, 4, 6, 8, 10, 16)
"""How many taps a chunk may have; the place is its code."""

LAST, SINGLE = 6, 7
"""Codes of the last chunk of a channel, which has two taps, and of a chunk of one."""

START = 2**15
"""What a chunk starts from, and up to 63 more: the codes of the chunks before."""

_LEAST, _GREATEST = -START, START - 1 - 63


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chunks:
    """How the taps of every channel are divided: [out_c, most], filled up with zeros."""

    taps: Ints

    @property
    def count(self) -> Ints:
        """Give the chunks of every channel, [out_c]."""
        return np.asarray((self.taps > 0).sum(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stream:
    """What the kernel reads of one channel's weights, and the sum of what its chunks start from."""

    content: Array
    starts: int


def divide(weights: Ints) -> Chunks:
    """Give the fewest chunks for weights [out_c, taps] in int8; one weight counts as two."""
    out_c, taps = weights.shape
    if taps == 1:
        return Chunks(taps=np.full((out_c, 1), 2))
    choice = _choices(weights)
    place = np.zeros(out_c, np.int64)
    steps = []
    while np.any(is_open := place < taps):
        size = np.where(is_open, choice[np.minimum(place, taps - 1), range(out_c)], 0)
        steps.append(size)
        place = place + size
    return Chunks(taps=np.stack(steps, axis=1))


def _choices(weights: Ints) -> Ints:
    """Give the best chunk at every tap, [taps, out_c]: two taps at the end."""
    out_c, taps = weights.shape
    lows, highs = _running_extremes(weights)
    sizes = np.array([1, *TAPS])
    cost = np.full((taps + max(TAPS), out_c), np.inf)
    cost[taps - 2] = 1
    choice = np.full((taps, out_c), 2)
    for place in range(taps - 3, -1, -1):
        ends = np.minimum(place + sizes, taps)
        least, greatest = (part[ends] - part[place] for part in (lows, highs))
        each = np.where((least >= _LEAST) & (greatest <= _GREATEST), cost[place + sizes], np.inf)
        choice[place] = sizes[each.argmin(axis=0)]
        cost[place] = each.min(axis=0) + 1
    return choice


def _running_extremes(weights: Ints) -> tuple[Ints, Ints]:
    """Give the least and the greatest sums of the first taps, [taps + 1, out_c]."""
    ends = np.stack([-128 * weights.T, 127 * weights.T])
    pad = ((1, 0), (0, 0))
    lows, highs = (
        np.pad(np.cumsum(part, axis=0), pad) for part in (ends.min(axis=0), ends.max(axis=0))
    )
    return lows, highs


def stream(weights: Ints, chunks: Ints, *, is_halved: bool) -> Stream:
    """Give the stream of one channel from its weights and the taps of its chunks.

    A weight that is alone has a zero beside it. A byte of codes, of a chunk and of the one behind
    it, stands behind the first two weights of every second chunk. `is_halved`: two in a byte.
    """
    chunks = chunks[chunks > 0]
    behind = np.cumsum(chunks)
    alone = behind[chunks == 1] if len(weights) > 1 else [1]
    paired = np.insert(weights, alone, 0)
    codes = _codes(chunks)
    sizes = chunks + chunks % 2
    pairs = (np.cumsum(sizes) - sizes)[::2] // 2 + 1
    if is_halved:
        paired = (paired[::2] & 15) | ((paired[1::2] & 15) << 4)
    content = np.insert(paired, pairs if is_halved else 2 * pairs, codes).astype(np.uint8)
    starts = START * len(chunks) + int(np.repeat(codes, 2)[: len(chunks) - 1].sum())
    return Stream(content=content.view(np.int8), starts=starts)


def _codes(chunks: Ints) -> Ints:
    """Give the bytes of codes: of every second chunk, and 8 times that of the one behind it."""
    known = np.full(max(TAPS) + 1, SINGLE)
    known[list(TAPS)] = range(len(TAPS))
    codes = known[chunks]
    codes[-1] = LAST
    both = np.pad(codes, (0, len(codes) % 2))
    return np.asarray(both[::2] + 8 * both[1::2])
