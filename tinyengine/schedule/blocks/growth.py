"""Measure streamed blocks that grow operator by operator, without building each of them.

What `StreamBuilder.build` gives for the operators [first, last) of an order differs little from
what it gives for [first, last - 1): periods change only where a stride comes in, and the earliest
offsets of those that were there stay. So the search measures here all blocks that begin with one
operator in one go, and builds the few that it takes. Both give the same numbers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from tinyengine.ir import Op, Tensor
from tinyengine.schedule.blocks.pace import Pace, Reading, Traffic, ring_rows
from tinyengine.schedule.blocks.stream import StreamBuilder, least_distance, ring_nbytes

NEVER = 1 << 62
"""A position that no operator has."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edge:
    """A reading of the operator at `reader`; `source` is where it is made, -1 for nowhere.

    `ends` are the last rows that the first and the last output row read, where those between lie
    on a straight line; None where they do not.
    """

    reader: int
    source: int
    reading: Reading
    ends: tuple[int, int] | None

    def lead(self, made: Fraction, used: int, rows: int) -> int:
        """Give by how many ticks reading must begin after making, so that all rows are there.

        A row is made every `made` ticks and one of `rows` output rows is computed every `used`.
        """
        late = (rows - 1) * used
        if self.ends is not None and made.denominator & (made.denominator - 1) == 0:
            return max(math.floor(self.ends[0] * made), math.floor(self.ends[1] * made) - late)
        arrival = np.floor((self.reading.spans.stop - 1) * float(made)).astype(np.int64)
        return int(np.max(arrival - np.arange(rows, dtype=np.int64) * used))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """What blocks of an order have in common: who reads what of whom, and rings known so far.

    Blocks with operator i must begin after `barriers[i]`. The output of operator i is a ring in
    blocks that reach to `closes[i]` or beyond.
    """

    traffic: Sequence[Traffic]
    edges: Sequence[Sequence[Edge]]
    readers: Mapping[Tensor, Sequence[Edge]]
    barriers: Sequence[int]
    closes: Sequence[int]
    _rings: dict[tuple[int, int, tuple[tuple[int, int], ...]], int] = field(default_factory=dict)

    def ring(self, writer: int, period: int, start: int, read: Sequence[tuple[int, int]]) -> int:
        """Give the bytes of the ring that operator `writer` writes, from tick `start` on.

        `read` are offset and period of each of its readers.
        """
        late = tuple((offset - start, own) for offset, own in read)
        key = (writer, period, late)
        if key not in self._rings:
            each = self.traffic[writer]
            pace = Pace(offset=0, period=period, rows=each.rows)
            freed = pace.ticks
            for edge, (offset, own) in zip(self.readers_of(writer), late, strict=True):
                reads = Pace(offset=offset, period=own, rows=self.traffic[edge.reader].rows)
                freed = np.maximum(freed, edge.reading.last_read(reads))
            self._rings[key] = ring_nbytes(each.op.output, ring_rows(pace, freed))
        return self._rings[key]

    def readers_of(self, writer: int) -> Sequence[Edge]:
        """Give who reads what operator `writer` writes."""
        return self.readers.get(self.traffic[writer].op.output, ())


def table_of(order: Sequence[Op], builder: StreamBuilder) -> Table:
    """Give the table of an order of executed operators, as `builder` sees them."""
    traffic = [builder.traffic[op] for op in order]
    position = {op: index for index, op in enumerate(order)}
    source = {op.output: i for i, op in enumerate(order) if op.output not in builder.states}
    edges = [
        [
            Edge(
                reader=index,
                source=source.get(reading.tensor, -1),
                reading=reading,
                ends=_ends(reading),
            )
            for reading in each.readings
        ]
        for index, each in enumerate(traffic)
    ]
    readers: dict[Tensor, list[Edge]] = {}
    for edge in (edge for of_one in edges for edge in of_one):
        readers.setdefault(edge.reading.tensor, []).append(edge)
    return Table(
        traffic=traffic,
        edges=edges,
        readers=readers,
        barriers=[
            _barrier(
                each,
                of_one,
                traffic,
                [source.get(builder.roots[e.reading.tensor], -1) for e in of_one],
            )
            for each, of_one in zip(traffic, edges, strict=True)
        ],
        closes=[_closes(builder, op.output, position) for op in order],
    )


def _ends(reading: Reading) -> tuple[int, int] | None:
    last = reading.spans.stop - 1
    steps = np.diff(last)
    if len(steps) and np.any(steps != steps[0]):
        return None
    return int(last[0]), int(last[-1])


def _barrier(
    each: Traffic, edges: Sequence[Edge], traffic: Sequence[Traffic], roots: Sequence[int]
) -> int:
    """Give the last operator that cannot be in a block with `each`; `roots` are where bytes are.

    Rows must be read as they were written, one after the other, and be there before the end.
    """
    if not each.same_view:
        return NEVER
    barrier = -1
    for edge, root in zip(edges, roots, strict=True):
        is_seen_alike = edge.reading.same_view and root == edge.source
        is_late = edge.source >= 0 and traffic[edge.source].consumes
        if not is_seen_alike or is_late or edge.reading.ratio is None:
            barrier = max(barrier, root, edge.source)
    return barrier


def _closes(builder: StreamBuilder, tensor: Tensor, position: Mapping[Op, int]) -> int:
    if builder.escapes(tensor, position):
        return NEVER
    return 1 + max((position[reader] for reader in builder.readers.get(tensor, ())), default=-1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measure:
    """What a block takes: bytes of its rings, ticks, and the tick of each operator's first row."""

    rings_nbytes: int
    ticks: int
    offsets: Sequence[int]


class Growth:
    """A streamed block from operator `first` on; all lists are of its operators, in order."""

    def __init__(self, table: Table, first: int) -> None:
        """Begin with no operator."""
        self.table, self.first, self.calls = table, first, 0
        self.periods: list[int] = []
        self._speeds: dict[Tensor, Fraction] = {}
        self._own: list[Fraction] = []
        self._unit = (1, 0)
        self._restart()

    def _restart(self) -> None:
        self._offsets: list[int] = []
        self._inner: list[list[tuple[int, int]]] = []
        self._rings, self._closing = 0, dict[int, list[int]]()

    def append(self) -> bool:
        """Take the next operator; False where that cannot be in the same block."""
        table, index = self.table, self.first + len(self._own)
        if table.barriers[index] >= self.first or not self._find_speed(index):
            return False
        self.calls += table.traffic[index].rows
        scale, shrink = self._unit
        periods = [int(speed * scale) // shrink for speed in self._own[-1:]]
        if not self._is_same_unit:
            periods = [int(speed * scale) // shrink for speed in self._own]
            self._restart()
        self.periods[len(self._offsets) :] = periods
        for each in range(self.first + len(self._offsets), index + 1):
            self._add_earliest(each)
        return True

    def _find_speed(self, index: int) -> bool:
        """Find the ticks that a row of the operator takes beside the others; False if it cannot."""
        edges, speeds = self.table.edges[index], self._speeds
        ratios = [(e.reading.tensor, e.reading.ratio) for e in edges if e.reading.ratio is not None]
        known = {speeds[tensor] * ratio for tensor, ratio in ratios if tensor in speeds}
        if len(known) > 1:
            return False
        speed = known.pop() if known else ratios[0][1] if ratios else Fraction(1)
        fresh = [speed]
        speeds[self.table.traffic[index].op.output] = speed
        for tensor, ratio in ratios:
            if tensor not in speeds:
                speeds[tensor] = speed / ratio
                fresh.append(speeds[tensor])
        before, shrunk = self._unit
        scale = math.lcm(before, *(each.denominator for each in fresh))
        shrink = math.gcd(shrunk * (scale // before), int(speed * scale))
        self._is_same_unit = bool(self._own) and scale * shrunk == before * shrink
        self._unit = scale, shrink
        self._own.append(speed)
        return True

    def _add_earliest(self, index: int) -> None:
        """Find the earliest tick at which the operator's first row can be computed."""
        table, first = self.table, self.first
        own, rows = self.periods[index - first], table.traffic[index].rows
        bounds, inner = [], []
        for edge in table.edges[index]:
            if edge.source >= first:
                lead = edge.lead(Fraction(self.periods[edge.source - first]), own, rows)
                bounds.append(self._offsets[edge.source - first] + lead)
                inner.append((edge.source - first, lead))
            elif edge.reading.ratio is not None:
                bounds.append(edge.lead(own / edge.reading.ratio, own, rows))
        self._offsets.append(max(bounds, default=0))
        self._inner.append(inner)
        self._closing.setdefault(max(table.closes[index], index + 1), []).append(index)
        for closed in self._closing.get(index + 1, ()):
            self._rings += self._ring(closed, self._offsets)

    def _ring(self, writer: int, offsets: Sequence[int]) -> int:
        table, first, periods = self.table, self.first, self.periods
        read = [
            (offsets[edge.reader - first], periods[edge.reader - first])
            for edge in table.readers_of(writer)
        ]
        return table.ring(writer, periods[writer - first], offsets[writer - first], read)

    def measure(self) -> Measure:
        """Give what the block takes as it is: operators early or late, whichever needs less."""
        offsets, rings = self._offsets, self._rings
        late = self._latest()
        if late != offsets:
            last = self.first + len(late)
            closed = [i for i in range(self.first, last) if self.table.closes[i] <= last]
            total = sum(self._ring(index, late) for index in closed)
            if total < rings:
                offsets, rings = late, total
        rows = [each.rows for each in self.table.traffic[self.first : self.first + len(late)]]
        ends = map(lambda at, period, count: at + period * (count - 1), offsets, self.periods, rows)
        return Measure(rings_nbytes=rings, ticks=1 + max(ends) - min(offsets), offsets=offsets)

    def _latest(self) -> list[int]:
        """Give the last ticks at which operators with readers in the block are in time."""
        late = list(self._offsets)
        bounds: list[int | None] = [None] * len(late)
        for index in range(len(late) - 1, -1, -1):
            bound = bounds[index]
            if bound is not None and bound > late[index]:
                late[index] = bound
            for source, lead in self._inner[index]:
                before, bound = bounds[source], late[index] - lead
                bounds[source] = bound if before is None else min(before, bound)
        return late

    def distance(self, measure: Measure, writer: int, operand: Tensor) -> int:
        """Give what `Stream.distance` does, of what the operator at `writer` writes."""
        table, first, count = self.table, self.first, len(self._own)
        edges = [e for e in table.readers[operand] if first <= e.reader < first + count]
        each, start = table.traffic[writer], min(measure.offsets)
        if len({edge.reading.rows for edge in edges}) != 1:
            return each.op.output.nbytes
        last = np.full(1, -1, np.int64)
        for edge in edges:
            read = edge.reading.last_read(self._pace(measure, edge.reader, start))
            last = np.maximum(last, np.where(read >= 0, read * count + edge.reader - first, -1))
        now = each.written(self._pace(measure, writer, start)) * count + writer - first
        return least_distance(each.op, now, last, operand)

    def _pace(self, measure: Measure, index: int, start: int) -> Pace:
        return Pace(
            offset=measure.offsets[index - self.first] - start,
            period=self.periods[index - self.first],
            rows=self.table.traffic[index].rows,
        )
