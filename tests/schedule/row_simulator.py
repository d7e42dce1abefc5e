"""Execute a plan in an arena of bytes, row by row, with the reference's arithmetic.

Where the checker proves a plan by tags, this computes with it: every kernel call reads the rows
that it may read from where the plan has them, and writes its rows where the plan wants them. All
else is noise: the arena before the start, scratch at every call, and, for what a call computes,
the rows that it does not read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinyengine.ir import Array, Op, Tensor, Window, count_macs
from tinyengine.reference.execute import States, evaluate, first_states, results
from tinyengine.reference.rows import (
    operand_view,
    output_view,
    row_spans,
    rows_read,
    view_of,
    written_view,
)
from tinyengine.schedule import Block, Plan, Step
from tinyengine.schedule.ops import Feed
from tinyengine.schedule.storage import operands, strips_of


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What came out: the outputs in the order of the edges, the MACs and the rows of input fed."""

    outputs: tuple[Array, ...]
    macs: int
    fed: tuple[int, ...]


def simulate(
    plan: Plan, inputs: Sequence[Array], seed: int = 0, states: States | None = None
) -> Simulation:
    """Run `plan` on `inputs`, the streamed one among them; `seed` is of the noise.

    `states` are what the states hold before the run, and become what they hold after it.
    """
    states = first_states(plan.graph) if states is None else states
    machine = _Machine(plan, inputs, seed)
    for tensor, held in states.items():
        machine._write(tensor, 0, np.frombuffer(held.tobytes(), np.uint8))
    for block in plan.blocks:
        for step, rows in _calls(block):
            machine.call(step, rows)
    outputs = tuple(machine.value(tensor) for tensor in plan.graph.output_tensors)
    states.update({tensor: machine.value(tensor).copy() for tensor in states})
    return Simulation(outputs=outputs, macs=machine.macs, fed=tuple(machine.fed))


def _calls(block: Block) -> Iterator[tuple[Step, range]]:
    """Give the kernel calls of a block in the order in which the emitted code makes them.

    A whole layer is split into its rows, which are computed in ascending order.
    """
    if block.stream is None:
        for step in block.steps:
            rows = range(output_view(step.op).rows)
            yield from ((step, range(row, row + 1)) for row in rows)
        return
    for tick in range(block.stream.ticks):
        for step in block.steps:
            pace = block.stream.paces[step.op]
            row, rest = divmod(tick - pace.offset, pace.period)
            if rest == 0 and 0 <= row < pace.rows:
                yield step, range(row, row + 1)


class _Machine:
    """The arena as bytes, and what kernels do to it."""

    def __init__(self, plan: Plan, inputs: Sequence[Array], seed: int) -> None:
        self.plan = plan
        self.noise = np.random.default_rng(seed)
        self.arena = self._noise(plan.extent)
        self.buffer_of = plan.buffer_of
        self.strips = strips_of(plan.graph)
        self.macs = 0
        self.fed: list[int] = []
        self.given: dict[Tensor, Array] = {}
        self.consumed: dict[Op, Array] = {}
        self.left: dict[Op, Array] = {}
        edges = plan.graph.inputs if plan.fed is None else (plan.fed,)
        for edge, array in zip(edges, inputs, strict=True):
            data = np.frombuffer(array.tobytes(), np.uint8)
            if edge is plan.fed:
                self.given[edge.tensor] = data
            else:
                self._write(edge.tensor, 0, data)

    def call(self, step: Step, rows: range) -> None:
        """Do what the kernel of `step` does when it is called for one row."""
        op, (row,) = step.op, rows
        self._use_scratch(step, row)
        if isinstance(op, Feed):
            self.fed.append(row)
            width = view_of(op.output).row_bytes
            self._write(op.output, row * width, self.given[op.output][row * width :][:width])
        elif step.kernel.consumes:
            self._consume(op, row)
        else:
            self.macs += count_macs(op) // output_view(op).rows
            if op.states:
                self._step(op, row)
                return
            if len(op.outputs) > 1:
                self._write_all(op, row)
                return
            width = output_view(op).row_bytes
            self._write(op.output, row * width, self._compute(op, row))

    def _write_all(self, op: Op, row: int) -> None:
        """Write a row of every output."""
        made = results(op, [self._partial(op, tensor, row) for tensor in op.inputs])
        for tensor, array in zip(op.outputs, made, strict=True):
            width = written_view(op, tensor).row_bytes
            data = np.frombuffer(array.tobytes(), np.uint8)[row * width :][:width]
            self._write(tensor, row * width, data)

    def _step(self, op: Op, row: int) -> None:
        """Write all outputs and states at once."""
        if row == 0:
            made = results(op, [t.values if t.is_const else self.value(t) for t in op.inputs])
            for tensor, array in zip((*op.outputs, *op.states), made, strict=True):
                self._write(tensor, 0, np.frombuffer(array.tobytes(), np.uint8))

    def value(self, tensor: Tensor) -> Array:
        """Give what stands in the bytes of a whole tensor."""
        data = self._read(tensor, 0, tensor.nbytes)
        return np.frombuffer(data.tobytes(), tensor.dtype.numpy).reshape(tensor.shape)

    def _compute(self, op: Op, row: int) -> Array:
        """Give the bytes of one output row."""
        if isinstance(op, Window) and len(rows_read(op, op.input, row)):
            return self._compute_window(op, row)
        values = [self._partial(op, tensor, row) for tensor in op.inputs]
        width = output_view(op).row_bytes
        return np.frombuffer(evaluate(op, values).tobytes(), np.uint8)[row * width :][:width]

    def _compute_window(self, op: Window, row: int) -> Array:
        """Compute a row of a window from just the rows that it slides over."""
        spans, read = row_spans(op, op.input), rows_read(op, op.input, row)
        padding = replace(
            op.padding,
            top=read.start - int(spans.first[row]),
            bottom=int(spans.stop[row]) - read.stop,
        )
        _, _, in_w, in_c = op.input.shape
        _, _, out_w, out_c = op.output.shape
        strip = replace(op.input, shape=(1, len(read), in_w, in_c))
        line = replace(op.output, shape=(1, 1, out_w, out_c))
        small = replace(op, input=strip, output=line, padding=padding)
        data = b"".join(self._read_row(op, op.input, each).tobytes() for each in read)
        values = [np.frombuffer(data, strip.dtype.numpy).reshape(strip.shape)]
        values += [tensor.values for tensor in op.inputs[1:]]
        return np.frombuffer(evaluate(small, values).tobytes(), np.uint8)

    def _partial(self, op: Op, tensor: Tensor, row: int) -> Array:
        """Give an operand with the rows that output row `row` reads, and noise elsewhere."""
        if tensor.is_const:
            return tensor.values
        data, width = self._noise(tensor.nbytes), operand_view(op, tensor).row_bytes
        for each in rows_read(op, tensor, row):
            data[each * width :][:width] = self._read_row(op, tensor, each)
        return np.frombuffer(data.tobytes(), tensor.dtype.numpy).reshape(tensor.shape)

    def _consume(self, op: Op, row: int) -> None:
        """Take one row of the input; with the last one, write the output."""
        (tensor,) = operands(op)
        view = view_of(tensor)
        data = self.consumed.setdefault(op, self._noise(tensor.nbytes))
        data[row * view.row_bytes :][: view.row_bytes] = self._read(
            tensor, row * view.row_bytes, view.row_bytes
        )
        self.macs += count_macs(op) // view.rows
        if row == view.rows - 1:
            x = np.frombuffer(data.tobytes(), tensor.dtype.numpy).reshape(tensor.shape)
            values = [t.values if t.is_const else x for t in op.inputs]
            self._write(op.output, 0, np.frombuffer(evaluate(op, values).tobytes(), np.uint8))

    def _use_scratch(self, step: Step, row: int) -> None:
        """Leave noise in the scratch; one that is kept between calls must be as it was left."""
        buffer = self.plan.scratch.get(step.op)
        if buffer is None:
            return
        at = self.plan.offsets[buffer]
        if step.kernel.consumes and row:
            left = self.arena[at : at + buffer.nbytes]
            assert np.array_equal(left, self.left[step.op]), f"scratch of {step.op.source}"
        self.left[step.op] = self._noise(buffer.nbytes)
        self.arena[at : at + buffer.nbytes] = self.left[step.op]

    def _read_row(self, op: Op, tensor: Tensor, row: int) -> Array:
        width = operand_view(op, tensor).row_bytes
        return self._read(tensor, row * width, width)

    def _read(self, tensor: Tensor, start: int, nbytes: int) -> Array:
        at = self._address(tensor, start)
        return self.arena[at : at + nbytes]

    def _write(self, tensor: Tensor, start: int, data: Array) -> None:
        at = self._address(tensor, start)
        self.arena[at : at + len(data)] = data

    def _address(self, tensor: Tensor, start: int) -> int:
        buffer, strip = self.buffer_of[tensor], self.strips.get(tensor)
        if strip is not None:
            row, byte = divmod(start, view_of(tensor).row_bytes)
            start = row * strip.row_bytes + strip.first + byte
        return self.plan.offsets[buffer] + (start % buffer.nbytes if buffer.rows else start)

    def _noise(self, nbytes: int) -> Array:
        return self.noise.integers(0, 256, nbytes, np.uint8)
