"""Shortest paths over cut points: which candidates, end to end, make up the whole order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinyengine.ir import Op
from tinyengine.schedule.blocks.detour import Detour, Rewrite
from tinyengine.schedule.blocks.line import Run
from tinyengine.schedule.plan import Block

NEVER = 1 << 62
"""More bytes or cycles than anything takes."""

_LEAST_GAIN = 0.001
"""The part of all cycles that more bytes must save: less is lost in the estimates."""

_MOST_PEAKS = 400
"""Peaks for which cuts are looked for at most: only large graphs have more."""

Candidate = Run | Detour
"""Blocks for the operators [first, last) of the order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """Blocks that make up the whole order; their peak in bytes and estimated cycles.

    `rewrite` is what they do to the graph, `origins` what its new operators stand for.
    """

    blocks: tuple[Block, ...]
    rewrite: Rewrite
    origins: Mapping[Op, Op]
    nbytes: int
    cycles: int


class Paths:
    """The cuts of `count` operators that some candidates make possible."""

    def __init__(self, candidates: Sequence[Candidate], count: int) -> None:
        """Take the candidates; every operator must be covered by one."""
        self.count = count
        self.candidates = sorted(candidates, key=lambda each: (each.last, -each.first))

    def peaks_from(self, first: int) -> list[int]:
        """Give the least peak, in bytes, of blocks from operator `first` to each cut point."""
        best = [NEVER] * (self.count + 1)
        best[first] = 0
        for each in self.candidates:
            if each.first >= first:
                best[each.last] = min(best[each.last], max(best[each.first], each.nbytes))
        return best

    def least_peak(self) -> int:
        """Give the least peak that any cut of the order has, in bytes."""
        return self.peaks_from(0)[-1]

    def cut(self, limit: int) -> Cut:
        """Give the blocks with fewest cycles whose peaks stay within `limit` bytes.

        There must be some: `limit` is at least the least peak.
        """
        best: list[tuple[int, Candidate | None]] = [(0, None)]
        best += [(NEVER, None)] * self.count
        for candidate in self.candidates:
            cost = best[candidate.first][0] + candidate.cycles
            if candidate.nbytes <= limit and cost < best[candidate.last][0]:
                best[candidate.last] = (cost, candidate)
        path: list[Candidate] = []
        at = self.count
        while at:
            found = best[at][1]
            assert found is not None, f"no blocks within {limit} bytes"
            path.append(found)
            at = found.first
        return _cut_along(path[::-1])

    def cuts(self, most: int = NEVER) -> tuple[Cut, ...]:
        """Give the cuts that trade bytes for cycles, the one with the least peak first.

        Each has the least peak, `most` bytes or fewer, of all cuts with as few cycles, and saves a
        part of them for its bytes that estimates can tell.
        """
        least = self.least_peak()
        sizes = {each.nbytes for each in self.candidates if least < each.nbytes <= most}
        peaks = _thinned(sorted({least, *sizes})) if least <= most else []
        found: list[Cut] = []
        while peaks:
            cut = self.cut(peaks[-1])
            if found and cut.cycles == found[-1].cycles:
                found.pop()
            found.append(cut)
            peaks = [peak for peak in peaks if peak < cut.nbytes]
        worthwhile = found[-1:]
        for cut in found[-2::-1]:
            if cut.cycles < worthwhile[-1].cycles * (1 - _LEAST_GAIN):
                worthwhile.append(cut)
        return tuple(worthwhile)


def _thinned(peaks: list[int]) -> list[int]:
    """Give at most `_MOST_PEAKS` of `peaks`, the least and the greatest among them."""
    count = len(peaks)
    if count <= _MOST_PEAKS:
        return peaks
    return [peaks[index * (count - 1) // (_MOST_PEAKS - 1)] for index in range(_MOST_PEAKS)]


def _cut_along(path: Sequence[Candidate]) -> Cut:
    """Give the cut that runs the candidates of `path` one after the other."""
    runs = [run for each in path for run in (each.runs if isinstance(each, Detour) else (each,))]
    detours = [each for each in path if isinstance(each, Detour)]
    return Cut(
        blocks=tuple(run.block for run in runs),
        rewrite={op: new for each in detours for op, new in each.rewrite.items()},
        origins={op: old for each in detours for op, old in each.origins.items()},
        nbytes=max((run.nbytes for run in runs), default=0),
        cycles=sum(run.cycles for run in runs),
    )
