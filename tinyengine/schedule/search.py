"""Search for blocks: cut the operator order where that needs least memory.

Every run of consecutive operators that can be streamed is a candidate block, and every single
operator. What a block needs does not depend on where the others are cut, so the best cuts are a
shortest path over cut points: exact for the given order, up to how well offsets can be found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinyengine.ir import Graph, Op, Tensor
from tinyengine.kernels.rows import output_view
from tinyengine.kernels.spec import Kernel
from tinyengine.schedule.buffers import scratch_nbytes
from tinyengine.schedule.overlap import safe_distance
from tinyengine.schedule.plan import Block, Step
from tinyengine.schedule.storage import operands, storage_roots
from tinyengine.schedule.stream import Stream, StreamBuilder

MAX_OPS = 32
"""The longest block that is considered."""

CALL_INSTRUCTIONS = 120
"""What one more kernel call costs, roughly: streamed operators are called once per row."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A possible block: the operators [first, last) of the order, bytes at its peak, calls."""

    first: int
    last: int
    stream: Stream | None
    nbytes: int
    calls: int


class BlockSearch:
    """All candidate blocks of one operator order."""

    def __init__(self, graph: Graph, order: Sequence[Op], kernels: Mapping[Op, Kernel]) -> None:
        self.graph = graph
        self.steps = tuple(Step(op=op, kernel=kernels[op]) for op in order)
        self.roots = storage_roots(graph)
        self.builder = StreamBuilder(graph)
        self.made: dict[Tensor, int] = {self.roots[t]: -1 for t in graph.input_tensors}
        self.used: dict[Tensor, int] = {self.roots[t]: 0 for t in graph.input_tensors}
        for index, op in enumerate(order):
            self.made[op.output] = index
            self.used[op.output] = index
            for tensor in operands(op):
                self.used[self.roots[tensor]] = index
        for tensor in graph.output_tensors:
            self.used[self.roots[tensor]] = len(order)
        self.candidates = tuple(self._candidates())

    def least_peak(self) -> int:
        """Give the least peak that any cut of the order has, in bytes."""
        best = [0] + [1 << 62] * len(self.steps)
        for candidate in self.candidates:
            peak = max(best[candidate.first], candidate.nbytes)
            best[candidate.last] = min(best[candidate.last], peak)
        return best[-1]

    def cut(self, limit: int) -> tuple[Block, ...] | None:
        """Give the blocks with fewest kernel calls whose peaks stay within `limit` bytes."""
        best: list[tuple[int, Candidate | None]] = [(0, None)]
        best += [(1 << 62, None)] * len(self.steps)
        for candidate in self.candidates:
            calls = best[candidate.first][0] + candidate.calls
            if candidate.nbytes <= limit and calls < best[candidate.last][0]:
                best[candidate.last] = (calls, candidate)
        blocks: list[Block] = []
        at = len(self.steps)
        while at:
            found = best[at][1]
            if found is None:
                return None
            blocks.append(Block(steps=self.steps[found.first : found.last], stream=found.stream))
            at = found.first
        return tuple(blocks[::-1])

    def _candidates(self) -> list[Candidate]:
        """Give all candidates by ascending end."""
        found = []
        for last in range(1, len(self.steps) + 1):
            found.append(self._layer(last - 1))
            for first in range(last - 2, max(last - 1 - MAX_OPS, -1), -1):
                stream = self.builder.build([step.op for step in self.steps[first:last]])
                if stream is not None:
                    found.append(self._stream(first, last, stream))
        return found

    def _layer(self, index: int) -> Candidate:
        step = self.steps[index]
        nbytes = self._around(index) + scratch_nbytes(step) + step.op.output.nbytes
        shared = 0
        for tensor in operands(step.op):
            if self.used[self.roots[tensor]] == index:
                distance = safe_distance(step.op, step.kernel, tensor)
                shared = max(shared, step.op.output.nbytes - distance)
        return Candidate(first=index, last=index + 1, stream=None, nbytes=nbytes - shared, calls=1)

    def _stream(self, first: int, last: int, stream: Stream) -> Candidate:
        steps = self.steps[first:last]
        escaping = [step.op.output for step in steps if step.op.output not in stream.rings]
        dying = {
            tensor
            for step in steps
            for tensor in operands(step.op)
            if self.made[self.roots[tensor]] < first and self.used[self.roots[tensor]] < last
        }
        shared = max(
            (out.nbytes - stream.distance(out, t) for out in escaping for t in dying), default=0
        )
        nbytes = self._around(first) + stream.rings_nbytes - shared
        nbytes += sum(tensor.nbytes for tensor in escaping)
        nbytes += max(scratch_nbytes(step) for step in steps)
        calls = sum(output_view(step.op).rows for step in steps)
        return Candidate(first=first, last=last, stream=stream, nbytes=nbytes, calls=calls)

    def _around(self, first: int) -> int:
        """Give the bytes of what was made before operator `first` and is needed from it on."""
        return sum(
            tensor.nbytes
            for tensor, made in self.made.items()
            if made < first and self.used[tensor] >= first
        )
