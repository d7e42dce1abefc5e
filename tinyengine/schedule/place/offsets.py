"""Find offsets: place buffers so that no two get in each other's way, in the fewest bytes.

Any two buffers whose lifetimes meet must be disjoint, except an operand that dies with the block
that writes the other: there the output may start `distance` bytes below it (see `overlap`).
Either way one of the two stands below the other by some number of bytes; which one is what has
to be decided for every such pair. Given the decisions, the lowest offsets are longest paths.

An arena that is split over banks is one range of offsets with walls in it: where the next bank
begins. No buffer stands across a wall.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.schedule.plan import ALIGNMENT, Buffer

Integers = npt.NDArray[np.int64]

_NODES = 1000
"""Decisions that are tried before an arena size counts as out of reach."""

_FEW_PAIRS = 600
"""Pairs of buffers up to which all these decisions are tried, for every size."""

_MOST_VISITS = 500_000
"""How often a pair may be looked at where there are more; where few decisions need more, never."""

_LEAST_NODES = 20
"""Decisions that are worth beginning for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placing:
    """The problem: the buffers, the distance of each (output, dying operand) pair, the walls."""

    buffers: tuple[Buffer, ...]
    distances: Mapping[tuple[Buffer, Buffer], int]
    walls: tuple[int, ...] = ()

    def below(self, lower: Buffer, upper: Buffer) -> int:
        """Give by how many bytes `lower` must start below `upper`, if it is to stand below it."""
        return aligned(self.distances.get((lower, upper), lower.nbytes))


def aligned(nbytes: int) -> int:
    """Give the least multiple of the alignment that is at least `nbytes`."""
    return -(-nbytes // ALIGNMENT) * ALIGNMENT


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """An offset in bytes for every buffer.

    `is_exact` is False where there were too many buffers to look for all placements.
    """

    offsets: Mapping[Buffer, int]
    is_exact: bool


def place(placing: Placing, bound: int) -> Placed:
    """Place every buffer.

    `bound` is a size that no placement can be below. It is tried first, then sizes between it and
    what a greedy placement needs, by bisection down to half a percent; the result is the best
    that was found.
    """
    best = _greedy(placing)
    low, high = aligned(bound), _extent(best)
    size, enough = low, low // 200
    if high - low <= enough:
        return Placed(offsets=best, is_exact=True)
    count = _count_pairs(placing)
    visits = _MOST_VISITS if count > _FEW_PAIRS else 1 << 62
    if count * _LEAST_NODES > visits:
        return Placed(offsets=best, is_exact=False)
    pairs = _pairs(placing)
    while high - low > enough and visits > 0:
        search = _Search(placing, pairs, size, visits)
        found, visits = search.run(), search.visits
        if found is None:
            low = size + ALIGNMENT
        else:
            best, high = found, _extent(found)
        size = aligned((low + high) // 2)
        if size >= high:
            size = low
    return Placed(offsets=best, is_exact=visits > 0)


def _count_pairs(placing: Placing) -> int:
    """Give how many pairs of buffers are live together."""
    firsts = np.array([buffer.lifetime.first for buffer in placing.buffers], np.int64)
    lasts = np.sort([buffer.lifetime.last for buffer in placing.buffers])
    count = len(firsts)
    return count * (count - 1) // 2 - int(np.searchsorted(lasts, firsts, side="right").sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Buffers (by index) that are live together, and how far below each must start."""

    a: int
    b: int
    a_below: int
    b_below: int


def _pairs(placing: Placing) -> tuple[_Pair, ...]:
    """Give the pairs of buffers that are live together, found in one sweep over time."""
    buffers, live, found = placing.buffers, list[int](), list[tuple[int, int]]()
    for index in sorted(range(len(buffers)), key=lambda each: buffers[each].lifetime.first):
        lifetime = buffers[index].lifetime
        live = [other for other in live if buffers[other].lifetime.last > lifetime.first]
        found += [
            (max(index, other), min(index, other))
            for other in live
            if lifetime.meets(buffers[other].lifetime)
        ]
        live.append(index)
    return tuple(
        _Pair(
            a=i,
            b=j,
            a_below=placing.below(buffers[i], buffers[j]),
            b_below=placing.below(buffers[j], buffers[i]),
        )
        for i, j in sorted(found)
    )


Arc = tuple[int, int, int]
"""`lower` starts at least `distance` bytes below `upper`: (lower, upper, distance)."""


@dataclass(slots=True)
class _State:
    """A partial decision: bounds of all offsets, the arcs decided, and the pairs still open."""

    low: list[int]
    high: list[int]
    arcs: list[Arc]
    open: list[int]

    def with_arc(self, arc: Arc, pair: int) -> "_State":
        """Give a copy in which `pair` is decided by `arc`."""
        rest = [index for index in self.open if index != pair]
        return _State(low=list(self.low), high=list(self.high), arcs=[*self.arcs, arc], open=rest)

    def push(self) -> bool:
        """Tighten the bounds by all arcs, one after the other; tell whether one moved."""
        low, high, moved = self.low, self.high, False
        for lower, upper, distance in self.arcs:
            if low[upper] < low[lower] + distance:
                low[upper] = low[lower] + distance
                moved = True
            if high[lower] > high[upper] - distance:
                high[lower] = high[upper] - distance
                moved = True
        return moved


class _Search:
    """Depth-first search for a placement within `size` bytes, with bounds on every offset."""

    def __init__(
        self, placing: Placing, pairs: Sequence[_Pair], size: int, visits: int = 1 << 62
    ) -> None:
        """Take the problem and how often the search may look at a pair: `visits` counts down."""
        buffers, self.visits = placing.buffers, visits
        self.buffers, self.pairs, self.walls = buffers, pairs, placing.walls
        self.distances = [(pair.a, pair.b, pair.a_below, pair.b_below) for pair in pairs]
        low = [0] * len(buffers)
        high = [(size - buffer.nbytes) // ALIGNMENT * ALIGNMENT for buffer in buffers]
        self.root = _State(low=low, high=high, arcs=[], open=list(range(len(pairs))))

    def run(self) -> dict[Buffer, int] | None:
        """Give offsets, or None if there are none or too many decisions were tried."""
        stack = [self.root]
        for _ in range(_NODES):
            if not stack or self.visits <= 0:
                return None
            state = stack.pop()
            if not self._propagate(state):
                continue
            if self._is_solved(state):
                return dict(zip(self.buffers, state.low, strict=True))
            stack += self._branch(state)
        return None

    def _propagate(self, state: _State) -> bool:
        """Tighten the bounds and decide what they force; False where that is impossible."""
        moved = True
        while moved:
            moved = self._keep_off_walls(state) or state.push()
            if any(low > high for low, high in zip(state.low, state.high, strict=True)):
                return False
            self.visits -= len(state.open) + len(state.arcs)
            decided = self._decide(state)
            if decided is None:
                return False
            moved |= decided
        return True

    def _decide(self, state: _State) -> bool | None:
        """Decide the open pairs that bounds leave one way; tell whether any, None if one has none.

        Most of the search's time is spent here.
        """
        low, high, undecided, moved = state.low, state.high, list[int](), False
        for index in state.open:
            a, b, a_below, b_below = self.distances[index]
            is_a_possible = low[a] + a_below <= high[b]
            if low[b] + b_below <= high[a]:
                if is_a_possible:
                    undecided.append(index)
                    continue
                state.arcs.append((b, a, b_below))
            elif is_a_possible:
                state.arcs.append((a, b, a_below))
            else:
                return None
            moved = True
        state.open = undecided
        return moved

    def _keep_off_walls(self, state: _State) -> bool:
        """Move bounds with which a buffer would stand across a wall; tell whether one moved."""
        moved = False
        for wall in self.walls:
            for index, buffer in enumerate(self.buffers):
                if state.low[index] < wall < state.low[index] + buffer.nbytes:
                    state.low[index], moved = wall, True
                if state.high[index] < wall < state.high[index] + buffer.nbytes:
                    below = (wall - buffer.nbytes) // ALIGNMENT * ALIGNMENT
                    state.high[index], moved = below, True
        return moved

    def _possible(self, state: _State, index: int) -> list[Arc]:
        """Give the ways to decide a pair that the bounds allow."""
        pair, low, high = self.pairs[index], state.low, state.high
        arcs = []
        if low[pair.a] + pair.a_below <= high[pair.b]:
            arcs.append((pair.a, pair.b, pair.a_below))
        if low[pair.b] + pair.b_below <= high[pair.a]:
            arcs.append((pair.b, pair.a, pair.b_below))
        return arcs

    def _is_solved(self, state: _State) -> bool:
        """Tell whether the lowest offsets keep all open pairs apart."""
        return not any(self._clashes(state, index) for index in state.open)

    def _clashes(self, state: _State, index: int) -> bool:
        pair = self.pairs[index]
        a, b = state.low[pair.a], state.low[pair.b]
        return a + pair.a_below > b and b + pair.b_below > a

    def _branch(self, state: _State) -> list[_State]:
        """Give the two ways to decide the tightest pair that clashes, the better one last."""
        tightest: tuple[int, int] | None = None
        for index in state.open:
            if self._clashes(state, index):
                slack = sum(self._slack(state, arc) for arc in self._possible(state, index))
                tightest = min(tightest or (slack, index), (slack, index))
        assert tightest is not None, "a state without clashes is solved"
        index = tightest[1]
        arcs = sorted(self._possible(state, index), key=lambda arc: self._slack(state, arc))
        return [state.with_arc(arc, index) for arc in arcs]

    def _slack(self, state: _State, arc: Arc) -> int:
        lower, upper, distance = arc
        return state.high[upper] - state.low[lower] - distance


def _greedy(placing: Placing) -> dict[Buffer, int]:
    """Place the buffers as low as they can go, in three orders, and give the best result."""
    by_size = sorted(placing.buffers, key=lambda b: -b.nbytes)
    by_time = sorted(placing.buffers, key=lambda b: b.lifetime.first)
    ranges = _Ranges(placing)
    placed = [
        _place_in_order(placing, ranges, order) for order in (by_size, by_time, by_time[::-1])
    ]
    return min(placed, key=_extent)


class _Ranges:
    """The buffers of a problem as arrays, and the pairs that may come closer than others."""

    def __init__(self, placing: Placing) -> None:
        buffers = placing.buffers
        self.index = {buffer: index for index, buffer in enumerate(buffers)}
        self.first = np.array([buffer.lifetime.first for buffer in buffers], np.int64)
        self.last = np.array([buffer.lifetime.last for buffer in buffers], np.int64)
        self.nbytes = np.array([aligned(buffer.nbytes) for buffer in buffers], np.int64)
        self.near: dict[int, dict[int, tuple[int, int]]] = {}
        for lower, upper in placing.distances:
            a, b = self.index[lower], self.index[upper]
            down, up = placing.below(lower, upper), placing.below(upper, lower)
            self.near.setdefault(a, {})[b] = down, up
            self.near.setdefault(b, {})[a] = up, down

    def forbidden(
        self, index: int, offsets: Integers, is_placed: npt.NDArray[np.bool_]
    ) -> tuple[Integers, Integers]:
        """Give between which offsets the buffer `index` would be in the way of placed ones."""
        meets = is_placed & (self.first < self.last[index]) & (self.first[index] < self.last)
        others = np.flatnonzero(meets)
        low, high = offsets[others] - self.nbytes[index], offsets[others] + self.nbytes[others]
        for other, (down, up) in self.near.get(index, {}).items():
            if meets[other]:
                at = np.searchsorted(others, other)
                low[at], high[at] = offsets[other] - down, offsets[other] + up
        return low, high


def _place_in_order(
    placing: Placing, ranges: _Ranges, order: Sequence[Buffer]
) -> dict[Buffer, int]:
    """Give the lowest offset of each buffer beside those before it in `order`."""
    offsets = np.zeros(len(order), np.int64)
    is_placed = np.zeros(len(order), bool)
    walls = np.array(placing.walls, np.int64)
    for buffer in order:
        index = ranges.index[buffer]
        low, high = ranges.forbidden(index, offsets, is_placed)
        low, high = np.append(low, walls - buffer.nbytes), np.append(high, walls)
        by_low = np.argsort(low, kind="stable")
        # Where all that begins below ends is free, unless the next begins below that, too.
        free = np.append(0, np.maximum.accumulate(np.maximum(high[by_low], 0)))
        gaps = np.append(low[by_low], np.iinfo(np.int64).max) >= free
        offsets[index] = free[np.argmax(gaps)]
        is_placed[index] = True
    return {buffer: int(offsets[ranges.index[buffer]]) for buffer in order}


def _extent(offsets: Mapping[Buffer, int]) -> int:
    return max((aligned(offset + buffer.nbytes) for buffer, offset in offsets.items()), default=0)
