"""Chunks of taps whose sums, for any input, fit 16 bits: two pixels share a multiplication.

Source: te_base_dot.h.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.reference.fixed_point import Ints

CODES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 12: 9, 16: 10}
"""How many taps a chunk may have, and what stands for that. Source: te_base_dot.h."""

_PER_TAP, _PER_CHUNK = 3.5, 7.0
"""Instructions of a tap and of a chunk, for a weight and four pixels."""

MOST_TAPS = 2**16 - 1
"""Of a window: the chunks of a channel are counted with 16 bits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chunks:
    """How the taps of every channel are divided: the first chunk, then equal ones; all [out_c]."""

    first: Ints
    taps: Ints
    count: Ints

    @property
    def codes(self) -> Ints:
        """Give the bits of TE_BASE_SHAPE that say it, in place."""
        code = np.zeros(max(CODES) + 1, np.int64)
        code[list(CODES)] = list(CODES.values())
        return np.asarray((code[self.first] << 8) | (code[self.taps] << 12) | (self.count << 16))

    def instructions(self, per_tap: float, per_chunk: float) -> Ints:
        """Give the instructions of every channel for one group of pixels."""
        taps = self.first + self.taps * (self.count - 1)
        return np.asarray(per_tap * taps + per_chunk * self.count)


def divide(weights: Ints) -> Chunks:
    """Give the cheapest chunks for weights [out_c, taps] in int8."""
    out_c, taps = weights.shape
    lows, highs = _running_extremes(weights)
    best = np.full(out_c, np.inf)
    first, size, count = (np.zeros(out_c, np.int64) for _ in range(3))
    for each in CODES:
        for start in CODES:
            if start > taps or (taps - start) % each:
                continue
            edges = np.array([0, *range(start, taps + 1, each)])
            cost = _PER_TAP * taps + _PER_CHUNK * (len(edges) - 1) + 4 * (start != each)
            chosen = (cost < best) & _fit(lows, highs, edges)
            best = np.where(chosen, cost, best)
            first = np.where(chosen, start, first)
            size = np.where(chosen, each, size)
            count = np.where(chosen, len(edges) - 1, count)
    assert np.all(count > 0), "chunks of one tap fit always"
    return Chunks(first=first, taps=size, count=count)


def _running_extremes(weights: Ints) -> tuple[Ints, Ints]:
    """Give the least and the greatest sums of the first taps, [out_c, taps + 1]."""
    least = np.where(weights > 0, -128 * weights, 127 * weights)
    greatest = np.where(weights > 0, 127 * weights, -128 * weights)
    pad = ((0, 0), (1, 0))
    lows, highs = (np.pad(np.cumsum(part, axis=1), pad) for part in (least, greatest))
    return lows, highs


def _fit(lows: Ints, highs: Ints, edges: Ints) -> npt.NDArray[np.bool_]:
    """Tell for every channel whether the sums between all `edges` fit 16 bits."""
    least, greatest = (np.diff(part[:, edges], axis=1) for part in (lows, highs))
    return np.asarray(np.all((least >= -(2**15)) & (greatest < 2**15), axis=1))
