"""The streamed blocks of a line that are worth having, measured and not yet built."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tinyengine.ir import Tensor
from tinyengine.schedule.blocks.growth import Growth, Measure, table_of
from tinyengine.schedule.blocks.line import CALL_INSTRUCTIONS, TICK_INSTRUCTIONS, Line, Run
from tinyengine.schedule.plan import Block


@dataclass(slots=True, eq=False)
class _Held:
    """What a growing block holds beside its rings.

    `escaping` are the operators whose outputs others need, `dying` the operands that nobody
    needs after it, `reading` those that somebody may need still, by the tensor that has the bytes.
    """

    cycles: int = 0
    shared_scratch: int = 0
    own_scratch: int = 0
    escaping: dict[int, int] = field(default_factory=dict)
    reading: dict[Tensor, dict[Tensor, None]] = field(default_factory=dict)
    dying: dict[Tensor, None] = field(default_factory=dict)
    layers_nbytes: int = 0
    layers_cycles: int = 0


class Streams:
    """Streamed blocks of a line without detours."""

    def __init__(self, line: Line, layers: Sequence[Run]) -> None:
        """Take the line, and its operators as blocks of their own."""
        assert not line.strips, "strips of columns are detours"
        self.line, self.layers = line, layers
        self.table = table_of(line.order, line.builder)
        self.closing: dict[int, list[int]] = {}
        for index, last in enumerate(self.table.closes):
            self.closing.setdefault(max(last, index + 1), []).append(index)

    def starting_at(self, first: int, longest: int) -> Iterator[Run]:
        """Give the streams of up to `longest` operators from operator `first` on.

        Those are left out that take no fewer bytes and more cycles than the same operators
        one by one: no cut would have them.
        """
        growth, held = Growth(self.table, first), _Held()
        for index in range(first, min(first + longest, len(self.line.order))):
            if not growth.append():
                return  # what cannot stream cannot with one more operator either
            self._hold(held, first, index)
            if index > first:
                run = self._run(growth, held, first, index + 1)
                is_dear = run.cycles > held.layers_cycles
                if not is_dear or run.nbytes < held.layers_nbytes:
                    yield run

    def _hold(self, held: _Held, first: int, index: int) -> None:
        """Add the operator `index` to what a block from `first` on holds."""
        line, step, layer = self.line, self.line.streamed[index], self.layers[index]
        held.layers_nbytes = max(held.layers_nbytes, layer.nbytes)
        held.layers_cycles += layer.cycles
        held.cycles += line.costs.cycles(step)
        scratch = line.costs.scratch(step)
        if step.kernel.consumes:
            held.own_scratch += scratch
        else:
            held.shared_scratch = max(held.shared_scratch, scratch)
        held.escaping[index] = step.op.output.nbytes
        for closed in self.closing.get(index + 1, ()):
            held.escaping.pop(closed, None)
        for tensor in line.operands[index]:
            root = line.roots[tensor]
            if line.made[root] < first:
                held.reading.setdefault(root, {})[tensor] = None
                if line.used[root] == index:
                    held.dying |= held.reading[root]

    def _run(self, growth: Growth, held: _Held, first: int, last: int) -> Run:
        """Give the block [first, last); where single operators are better, with too few bytes."""
        measure, count = growth.measure(), last - first
        loop = CALL_INSTRUCTIONS * growth.calls + TICK_INSTRUCTIONS * measure.ticks * count
        cycles = held.cycles + self.line.costs.around(loop)
        nbytes = self.line.around[first] + measure.rings_nbytes + sum(held.escaping.values())
        nbytes += held.shared_scratch + held.own_scratch
        most = _most_shared(held)
        if cycles <= held.layers_cycles or nbytes - most < held.layers_nbytes:
            most = self._shared(growth, measure, held)
        return Run(
            first=first,
            last=last,
            make=lambda: self._block(first, last),
            nbytes=nbytes - most,
            cycles=cycles,
        )

    def _shared(self, growth: Growth, measure: Measure, held: _Held) -> int:
        """Give the bytes that outputs may share with operands that die in the block."""
        pairs = sorted(
            (
                (-min(nbytes, tensor.nbytes), writer, order, tensor)
                for writer, nbytes in held.escaping.items()
                for order, tensor in enumerate(held.dying)
            ),
            key=lambda pair: pair[:3],
        )
        shared = 0
        for most, writer, _, tensor in pairs:
            if -most <= shared:
                break
            distance = growth.distance(measure, writer, tensor)
            shared = max(shared, held.escaping[writer] - distance)
        return shared

    def _block(self, first: int, last: int) -> Block:
        """Build the block [first, last)."""
        run = self.line.stream(first, last)
        assert run is not None, "what was measured can be built"
        return run.block


def _most_shared(held: _Held) -> int:
    """Give bytes that are at least those that outputs and dying operands share."""
    dying = max((tensor.nbytes for tensor in held.dying), default=0)
    return min(max(held.escaping.values(), default=0), dying)
