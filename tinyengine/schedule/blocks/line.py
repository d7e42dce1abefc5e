"""An operator order with all that its blocks need to know: what lives when, and what runs cost."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from tinyengine.ir import Graph, Op, Tensor
from tinyengine.kernels.choose.selection import (
    Kernels,
    estimate_cost,
    estimate_instructions,
)
from tinyengine.kernels.spec import Kernel, Progress
from tinyengine.schedule.blocks.stream import Stream, StreamBuilder
from tinyengine.schedule.place.buffers import block_scratch_nbytes, scratch_nbytes
from tinyengine.schedule.place.overlap import safe_distance
from tinyengine.schedule.plan import Block, BlockKind, Step
from tinyengine.schedule.storage import operands, storage_roots, strips_of

CALL_INSTRUCTIONS = 80
"""What one more kernel call that computes something costs, about."""

TICK_INSTRUCTIONS = 75
"""What one operator costs at every tick of a streamed block, whether a row is due or not, about.

Both fitted to ten plans of five networks on an emulated Cortex-M7, within 30,000 instructions.
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """The operators [first, last) of a line as one block: its peak and its cost.

    `nbytes` is the least arena while it runs, `cycles` an estimate.
    """

    first: int
    last: int
    make: Callable[[], Block]
    nbytes: int
    cycles: int

    @cached_property
    def block(self) -> Block:
        """The block, which most runs are never asked for."""
        return self.make()


@dataclass(eq=False)
class Costs:
    """The scratch and the cycles of steps, worked out once for all lines of a search."""

    kernels: Kernels
    _scratch: dict[tuple[Op, Kernel], int] = field(default_factory=dict)
    _cycles: dict[tuple[Op, Kernel], int] = field(default_factory=dict)

    def scratch(self, step: Step) -> int:
        """Give the bytes of scratch of `step`."""
        key = (step.op, step.kernel)
        if key not in self._scratch:
            self._scratch[key] = scratch_nbytes(step)
        return self._scratch[key]

    def cycles(self, step: Step) -> int:
        """Give the estimated cycles of all rows of `step`."""
        key = (step.op, step.kernel)
        if key not in self._cycles:
            self._cycles[key] = round(estimate_cost(*key))
        return self._cycles[key]

    def around(self, instructions: int) -> int:
        """Give the cycles of instructions around kernels: as long as theirs take on average."""
        return round(instructions * self._pace)

    @cached_property
    def _pace(self) -> float:
        """Cycles per instruction of the kernels for whole layers."""
        whole = self.kernels.whole.items()
        instructions = sum(estimate_instructions(op, kernel) for op, kernel in whole)
        return sum(estimate_cost(op, kernel) for op, kernel in whole) / max(instructions, 1)


def loop_instructions(stream: Stream) -> int:
    """Give what the loop of a streamed block costs around its kernels, about."""
    calls = sum(pace.rows for pace in stream.paces.values())
    return CALL_INSTRUCTIONS * calls + TICK_INSTRUCTIONS * stream.ticks * len(stream.paces)


class Line:
    """A graph's operators in an order, and the blocks that runs of them can make.

    `origins` has the operators that the kernels are not chosen for, but for what they stand for.
    """

    def __init__(
        self,
        graph: Graph,
        order: Sequence[Op],
        costs: Costs,
        *,
        origins: Mapping[Op, Op] | None = None,
        known: StreamBuilder | None = None,
    ) -> None:
        """Work out what lives when; traffic that `known` has is not worked out again."""
        kernels, alike = costs.kernels, origins or {}
        originals = [alike.get(op, op) for op in order]
        self.graph, self.order, self.costs = graph, tuple(order), costs
        self.steps = tuple(
            Step(op=op, kernel=kernels.whole[model])
            for op, model in zip(order, originals, strict=True)
        )
        self.streamed = tuple(
            Step(op=op, kernel=kernels.streamed(model))
            for op, model in zip(order, originals, strict=True)
        )
        self.operands = tuple(operands(op) for op in order)
        self.roots = storage_roots(graph)
        self.strips = strips_of(graph)
        consuming = {step.op for step in self.streamed if step.kernel.consumes}
        self.builder = StreamBuilder(graph, consuming, known.traffic if known else None)
        self.made: dict[Tensor, int] = {self.roots[t]: -1 for t in graph.given}
        self.used: dict[Tensor, int] = {self.roots[t]: 0 for t in graph.given}
        self._find_lifetimes()
        self.around = self._live_around()

    def layer(self, index: int) -> Run:
        """Give operator `index` as a block of its own."""
        return self._layer(index, self.steps[index])

    def layers_one_by_one(self) -> Iterator[Run]:
        """Give the blocks of one operator that compute rows singly where others compute pairs."""
        for index, (step, single) in enumerate(zip(self.steps, self.streamed, strict=True)):
            if step.kernel.progress is Progress.PAIRS:
                yield self._layer(index, single)

    def _layer(self, index: int, step: Step) -> Run:
        nbytes = self.around[index] + self.costs.scratch(step)
        nbytes += sum(t.nbytes for t in step.op.outputs if self.made[self.roots[t]] == index)
        shared = 0
        for tensor in self.operands[index]:
            if self.used[self.roots[tensor]] == index:
                for output in step.op.outputs:
                    distance = safe_distance(step.op, step.kernel, tensor, output)
                    shared = max(shared, output.nbytes - distance)
        return Run(
            first=index,
            last=index + 1,
            make=lambda: Block(steps=(step,)),
            nbytes=nbytes - shared,
            cycles=self.costs.around(CALL_INSTRUCTIONS) + self.costs.cycles(step),
        )

    def stream(
        self, first: int, last: int, kind: BlockKind = BlockKind.STREAM, recompute_macs: int = 0
    ) -> Run | None:
        """Give the operators [first, last) as a block that runs row by row, or None if none can."""
        steps = self.streamed[first:last]
        stream = self.builder.build([step.op for step in steps])
        if stream is None:
            return None
        nbytes = self.around[first] + stream.rings_nbytes - self._shared(first, last, stream)
        nbytes += sum(root.nbytes for root in self._escaping(first, last, stream))
        nbytes += block_scratch_nbytes({step: self.costs.scratch(step) for step in steps})
        return Run(
            first=first,
            last=last,
            make=lambda: Block(
                steps=steps, stream=stream, kind=kind, recompute_macs=recompute_macs
            ),
            nbytes=nbytes,
            cycles=self.costs.around(loop_instructions(stream))
            + sum(map(self.costs.cycles, steps)),
        )

    def _escaping(self, first: int, last: int, stream: Stream) -> set[Tensor]:
        """Give what a block starts to write of the tensors that are held whole."""
        outputs = [op.output for op in self.order[first:last] if op.output not in stream.rings]
        return {self.roots[t] for t in outputs if self.made[self.roots[t]] >= first}

    def _shared(self, first: int, last: int, stream: Stream) -> int:
        """Give the bytes that outputs of a block may share with operands that die in it."""
        dying = {
            tensor
            for read in self.operands[first:last]
            for tensor in read
            if self.made[self.roots[tensor]] < first and self.used[self.roots[tensor]] < last
        }
        outputs = [op.output for op in self.order[first:last] if op.output not in stream.rings]
        return max(
            (
                out.nbytes - stream.distance(out, tensor)
                for out in outputs
                for tensor in dying
                if out not in self.strips and tensor not in self.strips
            ),
            default=0,
        )

    def _find_lifetimes(self) -> None:
        for index, op in enumerate(self.order):
            for written in (self.roots[tensor] for tensor in op.outputs):
                self.made.setdefault(written, index)
                self.used[written] = index
            for tensor in self.operands[index]:
                self.used[self.roots[tensor]] = index
        for tensor in self.graph.kept:
            self.used[self.roots[tensor]] = len(self.order)

    def _live_around(self) -> tuple[int, ...]:
        """Give for every operator the bytes of what was made before it and is needed from it on."""
        count = len(self.order)
        changes = [0] * (count + 1)
        for tensor, made in self.made.items():
            stop = min(self.used[tensor] + 1, count)
            if made + 1 < stop:
                changes[made + 1] += tensor.nbytes
                changes[stop] -= tensor.nbytes
        return tuple(accumulate(changes[:count]))
