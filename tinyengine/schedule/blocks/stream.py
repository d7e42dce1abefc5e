"""Run consecutive operators together, row by row: rings, and how outputs may overlap."""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinyengine.ir import Graph, Op, Reshape, Tensor
from tinyengine.reference.rows import output_view, view_of
from tinyengine.schedule.blocks.pace import Pace, Ticks, Traffic, pace_block, ring_rows, traffic_of
from tinyengine.schedule.ops import Columns
from tinyengine.schedule.storage import executed, sources_of, storage_roots, whole_only


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Where an output comes closest to what is still to be read of an operand.

    Row `row` of the output ends at byte `end` of it and is written at `tick`; the operand is then
    still to be read from row `needed` on, which is byte `start` of it: the first after its last
    where all was read.
    """

    row: int
    end: int
    tick: int
    needed: int
    start: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stream:
    """A block of operators that run row by row.

    `rings` tells how many rows are held of each tensor that nobody outside the block reads.
    """

    traffic: tuple[Traffic, ...]
    paces: Mapping[Op, Pace]
    rings: Mapping[Tensor, int]

    @property
    def ticks(self) -> int:
        """The ticks that the block takes."""
        return 1 + max(pace.last for pace in self.paces.values())

    @property
    def rings_nbytes(self) -> int:
        """Bytes of all rings."""
        return sum(ring_nbytes(tensor, rows) for tensor, rows in self.rings.items())

    def distance(self, output: Tensor, operand: Tensor) -> int:
        """Give the bytes by which `output` must start below `operand`, which dies in the block.

        When an output row is written, the operand's rows that are still to be read, and those
        that the same operator reads at this very tick, must lie behind it.
        """
        if not self._is_seen_alike(operand):
            return output.nbytes
        writer, now, last = self._times(output, operand)
        return least_distance(writer.op, now, last, operand)

    def meeting(self, output: Tensor, operand: Tensor) -> Meeting:
        """Give where `output` comes closest to what is still to be read of `operand`."""
        writer, now, last = self._times(output, operand)
        ends, starts = _progress(writer.op, now, last, operand)
        row = int(np.argmax(ends - starts))
        start = int(starts[row])
        return Meeting(
            row=row,
            end=int(ends[row]),
            tick=int(now[row]) // len(self.traffic),
            needed=start // (operand.nbytes // len(last)),
            start=start,
        )

    def _times(self, output: Tensor, operand: Tensor) -> tuple[Traffic, Ticks, Ticks]:
        """Give who writes `output`, when each row of it, and when `operand`'s rows are read last.

        Times count the operators: those of a tick take turns.
        """
        written = next(i for i, each in enumerate(self.traffic) if each.op.output is output)
        writer = self.traffic[written]
        count = len(self.traffic)
        last = np.full(1, -1, np.int64)
        for index, each in enumerate(self.traffic):
            for reading in each.readings:
                if reading.tensor is operand:
                    read = reading.last_read(self.paces[each.op])
                    last = np.maximum(last, np.where(read >= 0, read * count + index, -1))
        return writer, writer.written(self.paces[writer.op]) * count + written, last

    def _is_seen_alike(self, operand: Tensor) -> bool:
        """Tell whether all operators of the block see the same rows in `operand`."""
        readings = [reading for each in self.traffic for reading in each.readings]
        return len({reading.rows for reading in readings if reading.tensor is operand}) == 1


def least_distance(op: Op, now: Ticks, last: Ticks, operand: Tensor) -> int:
    """Give the bytes by which the output of `op` must start below `operand`.

    `now` is when each output row is written, `last` when each row of the operand is read last.
    """
    ends, needed = _progress(op, now, last, operand)
    return int(min(max(np.max(ends - needed), 0), op.output.nbytes))


def _progress(op: Op, now: Ticks, last: Ticks, operand: Tensor) -> tuple[Ticks, Ticks]:
    """Give where each output row ends, and the operand's first byte still to be read then."""
    view = output_view(op)
    needed = np.searchsorted(np.maximum.accumulate(last), now) * (operand.nbytes // len(last))
    return (np.arange(view.rows, dtype=np.int64) + 1) * view.row_bytes, needed


def _readers(graph: Graph) -> dict[Tensor, tuple[Op, ...]]:
    """Give who reads each tensor; who reads some of its columns reads the tensor."""
    readers: dict[Tensor, tuple[Op, ...]] = {}
    for tensor, ops in graph.consumers.items():
        readers[tensor] = tuple(
            reader
            for op in ops
            for reader in (graph.consumers.get(op.output, ()) if isinstance(op, Columns) else (op,))
        )
    return readers


def ring_nbytes(tensor: Tensor, rows: int) -> int:
    """Give the bytes of a ring of `rows` rows."""
    return rows * view_of(tensor).row_bytes


class StreamBuilder:
    """Builds streams of consecutive operators of one graph."""

    def __init__(
        self,
        graph: Graph,
        consuming: Collection[Op],
        known: Mapping[Op, Traffic] | None = None,
    ) -> None:
        """Take the graph, and the operators that can consume their input row by row.

        The traffic of operators that are `known` from another graph is not worked out again.
        """
        self.roots = storage_roots(graph)
        self.reshaped = {
            tensor
            for op in graph.ops
            if isinstance(op, Reshape)
            for tensor in (op.input, op.output)
        }
        self.outputs, self.states = set(graph.kept), set(graph.state_tensors)
        sources, known = sources_of(graph), known or {}
        self.traffic = {
            op: known.get(op) or traffic_of(op, consumes=op in consuming, sources=sources)
            for op in executed(graph)
        }
        for op in whole_only(graph):
            self.traffic[op] = replace(self.traffic[op], same_view=False)
        self.readers = _readers(graph)

    def build(self, ops: Sequence[Op]) -> Stream | None:
        """Give the stream of `ops` that takes least memory, or None if they cannot stream."""
        traffic = tuple(self.traffic[op] for op in ops)
        made = {op.output for op in ops}
        if not all(self._is_seen_alike(each, made) for each in traffic):
            return None
        late_outputs = {each.op.output for each in traffic if each.consumes}
        if any(reading.tensor in late_outputs for each in traffic for reading in each.readings):
            return None
        streams = [
            Stream(traffic=traffic, paces=paces, rings=self._rings(traffic, paces))
            for paces in pace_block(traffic)
        ]
        return min(streams, key=lambda stream: stream.rings_nbytes, default=None)

    def escapes(self, tensor: Tensor, inside: Container[Op]) -> bool:
        """Tell whether somebody outside the operators `inside` needs `tensor`."""
        if tensor in self.outputs or tensor in self.reshaped:
            return True
        return any(reader not in inside for reader in self.readers.get(tensor, ()))

    def _is_seen_alike(self, traffic: Traffic, made: set[Tensor]) -> bool:
        """Tell whether the operator sees the rows of `made` tensors as they were written."""
        return traffic.same_view and all(
            reading.same_view and reading.tensor in made
            for reading in traffic.readings
            if self.roots[reading.tensor] in made
        )

    def _rings(self, traffic: Sequence[Traffic], paces: Mapping[Op, Pace]) -> dict[Tensor, int]:
        inside = {each.op for each in traffic}
        freed = {
            each.op.output: paces[each.op].ticks
            for each in traffic
            if not self.escapes(each.op.output, inside)
        }
        for each in traffic:
            for reading in each.readings:
                if reading.tensor in freed:
                    last = reading.last_read(paces[each.op])
                    freed[reading.tensor] = np.maximum(freed[reading.tensor], last)
        return {
            each.op.output: ring_rows(paces[each.op], freed[each.op.output])
            for each in traffic
            if each.op.output in freed
        }
