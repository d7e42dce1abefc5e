"""Search for blocks: cut the operator order where that needs least memory.

Every run of consecutive operators that can be streamed is a candidate block, and every single
operator. What a block needs does not depend on where the others are cut, so the best cuts are a
shortest path over cut points: exact for the given order, up to how well offsets can be found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinyengine.ir import Graph, Op, Tensor
from tinyengine.kernels.selection import Kernels, estimate_instructions
from tinyengine.schedule.buffers import block_scratch_nbytes, scratch_nbytes
from tinyengine.schedule.overlap import safe_distance
from tinyengine.schedule.plan import Block, Step
from tinyengine.schedule.storage import operands, storage_roots
from tinyengine.schedule.stream import Stream, StreamBuilder

MAX_OPS = 32
"""The longest block that is considered."""

CALL_INSTRUCTIONS = 100
"""What one more kernel call costs, roughly: streamed operators are called once per row."""

_NEVER = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A possible block: the operators [first, last) of the order, its peak and its cost.

    `nbytes` is the least arena while it runs, `instructions` an estimate.
    """

    first: int
    last: int
    stream: Stream | None
    nbytes: int
    instructions: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """Blocks that make up the whole order; their peak in bytes and estimated instructions."""

    blocks: tuple[Block, ...]
    nbytes: int
    instructions: int


Watcher = Callable[[int, int], None]
"""Told of the progress of a search: operators that are done, and all operators."""


class BlockSearch:
    """All candidate blocks of one operator order."""

    def __init__(
        self, graph: Graph, order: Sequence[Op], kernels: Kernels, watch: Watcher | None = None
    ) -> None:
        """Work out all candidates, which may take seconds: `watch` is told how far it is."""
        self.steps = tuple(Step(op=op, kernel=kernels.whole[op]) for op in order)
        self.streamed = tuple(Step(op=op, kernel=kernels.streamed(op)) for op in order)
        self.instructions = {
            step: estimate_instructions(step.op, step.kernel)
            for step in (*self.steps, *self.streamed)
        }
        self.scratch = {step: scratch_nbytes(step) for step in self.instructions}
        self.operands = tuple(operands(op) for op in order)
        self.roots = storage_roots(graph)
        self.builder = StreamBuilder(graph, kernels.consuming.keys())
        self.made: dict[Tensor, int] = {self.roots[t]: -1 for t in graph.input_tensors}
        self.used: dict[Tensor, int] = {self.roots[t]: 0 for t in graph.input_tensors}
        for index, op in enumerate(order):
            self.made[op.output] = index
            self.used[op.output] = index
            for tensor in self.operands[index]:
                self.used[self.roots[tensor]] = index
        for tensor in graph.output_tensors:
            self.used[self.roots[tensor]] = len(order)
        self.around = self._live_around()
        self.candidates = self._candidates(watch or (lambda *_: None))

    def least_peak(self) -> int:
        """Give the least peak that any cut of the order has, in bytes."""
        best = [0] + [_NEVER] * len(self.steps)
        for candidate in self.candidates:
            peak = max(best[candidate.first], candidate.nbytes)
            best[candidate.last] = min(best[candidate.last], peak)
        return best[-1]

    def cuts(self) -> tuple[Cut, ...]:
        """Give the cuts that trade bytes for instructions, the one with the least peak first.

        Each has the least peak of all cuts with as few instructions.
        """
        least = self.least_peak()
        peaks = sorted({least, *(c.nbytes for c in self.candidates if c.nbytes > least)})
        found: list[Cut] = []
        while peaks:
            cut = self.cut(peaks[-1])
            if found and cut.instructions == found[-1].instructions:
                found.pop()
            found.append(cut)
            peaks = [peak for peak in peaks if peak < cut.nbytes]
        return tuple(found[::-1])

    def cut(self, limit: int) -> Cut:
        """Give the blocks with fewest instructions whose peaks stay within `limit` bytes.

        There must be some: `limit` is at least the least peak.
        """
        best: list[tuple[int, Candidate | None]] = [(0, None)]
        best += [(_NEVER, None)] * len(self.steps)
        for candidate in self.candidates:
            cost = best[candidate.first][0] + candidate.instructions
            if candidate.nbytes <= limit and cost < best[candidate.last][0]:
                best[candidate.last] = (cost, candidate)
        blocks: list[Block] = []
        peak = 0
        at = len(self.steps)
        while at:
            found = best[at][1]
            assert found is not None, f"no blocks within {limit} bytes"
            steps = self.steps if found.stream is None else self.streamed
            blocks.append(Block(steps=steps[found.first : found.last], stream=found.stream))
            at, peak = found.first, max(peak, found.nbytes)
        return Cut(blocks=tuple(blocks[::-1]), nbytes=peak, instructions=best[-1][0])

    def _candidates(self, watch: Watcher) -> tuple[Candidate, ...]:
        """Give all candidates by ascending end; the shorter first."""
        count = len(self.steps)
        found = [self._layer(index) for index in range(count)]
        for first in range(count):
            watch(first, count)
            for last in range(first + 2, min(first + MAX_OPS, count) + 1):
                stream = self.builder.build([step.op for step in self.steps[first:last]])
                if stream is None:
                    break  # what cannot stream cannot with one more operator either
                found.append(self._stream(first, last, stream))
        watch(count, count)
        return tuple(sorted(found, key=lambda each: (each.last, -each.first)))

    def _layer(self, index: int) -> Candidate:
        step = self.steps[index]
        nbytes = self.around[index] + self.scratch[step] + step.op.output.nbytes
        shared = 0
        for tensor in self.operands[index]:
            if self.used[self.roots[tensor]] == index:
                distance = safe_distance(step.op, step.kernel, tensor)
                shared = max(shared, step.op.output.nbytes - distance)
        return Candidate(
            first=index,
            last=index + 1,
            stream=None,
            nbytes=nbytes - shared,
            instructions=CALL_INSTRUCTIONS + self.instructions[step],
        )

    def _stream(self, first: int, last: int, stream: Stream) -> Candidate:
        steps = self.streamed[first:last]
        escaping = [step.op.output for step in steps if step.op.output not in stream.rings]
        dying = {
            tensor
            for read in self.operands[first:last]
            for tensor in read
            if self.made[self.roots[tensor]] < first and self.used[self.roots[tensor]] < last
        }
        shared = max(
            (out.nbytes - stream.distance(out, t) for out in escaping for t in dying), default=0
        )
        nbytes = self.around[first] + stream.rings_nbytes - shared
        nbytes += sum(tensor.nbytes for tensor in escaping)
        nbytes += block_scratch_nbytes({step: self.scratch[step] for step in steps})
        calls = sum(pace.rows for pace in stream.paces.values()) + stream.ticks
        return Candidate(
            first=first,
            last=last,
            stream=stream,
            nbytes=nbytes,
            instructions=CALL_INSTRUCTIONS * calls + sum(self.instructions[step] for step in steps),
        )

    def _live_around(self) -> tuple[int, ...]:
        """Give for every operator the bytes of what was made before it and is needed from it on."""
        live = [0] * len(self.steps)
        for tensor, made in self.made.items():
            for index in range(made + 1, min(self.used[tensor] + 1, len(live))):
                live[index] += tensor.nbytes
        return tuple(live)
