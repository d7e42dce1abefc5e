"""When a streamed block computes which row: one affine pace per operator.

A block runs in ticks. At every tick each operator, in order, computes the rows that are due:
row r of an operator is due at tick `offset + period * r`. Periods follow from strides, so that
all operators of a block proceed at the same speed through the image; offsets are the least with
which every row that is read was computed before. Padding rows count as if they took time, which
keeps the pace even at the edges and the rings small.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from tinyengine.ir import DepthToSpace, Op, Resize, Slice, SpaceToDepth, Tensor, Window
from tinyengine.reference.rows import RowSpans, operand_view, output_view, row_spans, view_of
from tinyengine.schedule.storage import operands

Ticks = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Row r, of `rows`, is due at tick offset + period * r."""

    offset: int
    period: int
    rows: int

    @property
    def ticks(self) -> Ticks:
        """The tick of every row."""
        return self.offset + self.period * np.arange(self.rows, dtype=np.int64)

    @property
    def last(self) -> int:
        """The tick of the last row."""
        return self.offset + self.period * (self.rows - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """How an operator reads one operand of `rows` rows: the rows that each output row needs.

    `ratio` is how many of them go by for one output row; None where they cannot be streamed,
    because every output row needs all of them. `same_view` is False where the operator sees other
    rows in the tensor than its producer wrote. `last_readers` is for every row the last output
    row that needs it, -1 where none does.
    """

    tensor: Tensor
    rows: int
    spans: RowSpans
    ratio: Fraction | None
    same_view: bool
    last_readers: Ticks

    def last_read(self, pace: Pace) -> Ticks:
        """Give for every row the last tick at which it is read; -1 where it never is."""
        readers = self.last_readers
        return np.where(readers < 0, -1, pace.offset + pace.period * readers)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traffic:
    """The rows that an operator reads and writes: worked out once, used by every block.

    `rows` are the rows that it counts: its output's, or its input's where it `consumes` them one
    by one and writes its only output row with the last.
    """

    op: Op
    rows: int
    same_view: bool
    readings: tuple[Reading, ...]
    consumes: bool = False

    def written(self, pace: Pace) -> Ticks:
        """Give the tick at which each output row is written."""
        return pace.ticks[-1:] if self.consumes else pace.ticks


def traffic_of(
    op: Op, *, consumes: bool = False, sources: Mapping[Tensor, Tensor] | None = None
) -> Traffic:
    """Give the traffic of `op`, whose kernel `consumes` its input's rows or does not.

    Where an operand is only some columns of a tensor, `sources` has that tensor: the rows are
    read there.
    """
    if consumes:
        return _consuming(op)
    view = output_view(op)
    return Traffic(
        op=op,
        rows=view.rows,
        same_view=view == view_of(op.output),
        readings=tuple(_reading(op, tensor, sources or {}) for tensor in operands(op)),
    )


def _consuming(op: Op) -> Traffic:
    (tensor,) = operands(op)
    rows = view_of(tensor).rows
    first = np.arange(rows, dtype=np.int64)
    reading = Reading(
        tensor=tensor,
        rows=rows,
        spans=RowSpans(first=first, stop=first + 1),
        ratio=Fraction(1) if rows > 1 else None,
        same_view=True,
        last_readers=first,
    )
    return Traffic(op=op, rows=rows, same_view=True, readings=(reading,), consumes=True)


def _reading(op: Op, tensor: Tensor, sources: Mapping[Tensor, Tensor]) -> Reading:
    view, spans = operand_view(op, tensor), row_spans(op, tensor)
    reads_all = bool(np.all(spans.first <= 0) and np.all(spans.stop >= view.rows))
    return Reading(
        tensor=sources.get(tensor, tensor),
        rows=view.rows,
        spans=spans,
        ratio=None if reads_all else _ratio(op),
        same_view=view == view_of(tensor),
        last_readers=_last_readers(spans, view.rows),
    )


def _last_readers(spans: RowSpans, rows: int) -> Ticks:
    """Give for each of `rows` rows the last output row that reads it; -1 where none does."""
    readers = np.full(rows, -1, np.int64)
    first, stop = np.clip(spans.first, 0, rows), np.clip(spans.stop, 0, rows)
    output_rows = np.arange(len(first), dtype=np.int64)
    for depth in range(int(np.max(stop - first, initial=0))):
        row = first + depth
        inside = row < stop
        np.maximum.at(readers, row[inside], output_rows[inside])
    return readers


def _ratio(op: Op) -> Fraction | None:
    match op:
        case Window():
            return Fraction(op.stride_h)
        case Resize():
            return Fraction(op.input.shape[1], op.output.shape[1])
        case DepthToSpace():
            return Fraction(1, op.block_h)
        case SpaceToDepth():
            return Fraction(op.block_h)
        case Slice() if len(op.strides) > 2:
            return Fraction(op.strides[-3]) if op.strides[-3] > 0 else None
        case _:
            return Fraction(1)


def pace_block(traffic: Sequence[Traffic]) -> tuple[Mapping[Op, Pace], ...]:
    """Give the paces that a block may have; none where it cannot be streamed.

    Operators read each other's rows through rings; whatever is not computed in the block is there
    from the beginning. In the first pace every operator computes its rows as early as they can
    be; in the second as late as its readers allow.
    """
    periods = _periods(traffic)
    if periods is None:
        return ()
    earliest = _earliest(traffic, periods)
    return tuple(
        _paces(traffic, periods, offsets)
        for offsets in (earliest, _latest(traffic, periods, earliest))
    )


def _paces(
    traffic: Sequence[Traffic], periods: Mapping[Op, int], offsets: Mapping[Op, int]
) -> dict[Op, Pace]:
    start = min(offsets.values())
    return {
        each.op: Pace(offset=offsets[each.op] - start, period=periods[each.op], rows=each.rows)
        for each in traffic
    }


def _periods(traffic: Sequence[Traffic]) -> dict[Op, int] | None:
    """Give integer periods in the right proportions; None where two branches disagree."""
    speeds: dict[Tensor, Fraction] = {}
    made = {each.op.output for each in traffic}
    for each in traffic:
        if any(reading.ratio is None and reading.tensor in made for reading in each.readings):
            return None
        ratios = [(r.tensor, r.ratio) for r in each.readings if r.ratio is not None]
        known = {speeds[tensor] * ratio for tensor, ratio in ratios if tensor in speeds}
        if len(known) > 1:
            return None
        first = ratios[0][1] if ratios else Fraction(1)
        speed = known.pop() if known else first
        speeds[each.op.output] = speed
        for tensor, ratio in ratios:
            speeds.setdefault(tensor, speed / ratio)
    scale = math.lcm(*(speed.denominator for speed in speeds.values()))
    shrink = math.gcd(*(int(speeds[each.op.output] * scale) for each in traffic))
    return {each.op: int(speeds[each.op.output] * scale) // shrink for each in traffic}


def _earliest(traffic: Sequence[Traffic], periods: Mapping[Op, int]) -> dict[Op, int]:
    """Give the least offset of every operator; operands from outside come at their own pace."""
    producers = {each.op.output: each.op for each in traffic}
    offsets: dict[Op, int] = {}
    for each in traffic:
        due = np.arange(each.rows, dtype=np.int64) * periods[each.op]
        bounds = []
        for reading in each.readings:
            if reading.ratio is None:
                continue
            last = reading.spans.stop - 1
            source = producers.get(reading.tensor)
            if source is not None:
                arrival = last * periods[source] + offsets[source]
            else:
                speed = float(periods[each.op] / reading.ratio)
                arrival = np.floor(last * speed).astype(np.int64)
            bounds.append(int(np.max(arrival - due)))
        offsets[each.op] = max(bounds, default=0)
    return offsets


def _latest(
    traffic: Sequence[Traffic], periods: Mapping[Op, int], offsets: Mapping[Op, int]
) -> dict[Op, int]:
    """Move operators with readers in the block to the last tick at which they are in time."""
    producers = {each.op.output: each.op for each in traffic}
    moved, bounds = dict(offsets), dict[Op, int]()
    for each in reversed(traffic):
        op = each.op
        moved[op] = max(bounds.get(op, moved[op]), offsets[op])
        due = moved[op] + periods[op] * np.arange(each.rows, dtype=np.int64)
        for reading in each.readings:
            source = producers.get(reading.tensor)
            if source is not None:
                bound = int(np.min(due - (reading.spans.stop - 1) * periods[source]))
                bounds[source] = min(bound, bounds.get(source, bound))
    return moved


def ring_rows(written: Pace, freed: Ticks) -> int:
    """Give the rows that a ring needs: row q + rows is written after row q was last read.

    `freed` holds the last tick at which each row is read (or its own tick where never).
    """
    count = written.rows
    waits = np.maximum(freed - written.ticks, 0) // written.period + 1
    longest = np.maximum.accumulate(waits)  # of the rows up to this one
    rows = np.arange(1, count, dtype=np.int64)
    enough = longest[count - 1 - rows] <= rows
    return int(rows[np.argmax(enough)]) if enough.any() else count
