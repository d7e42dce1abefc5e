"""Prove a plan: replay it row by row on a memory of tags.

The checker knows nothing of how the plan was made. It keeps, for every byte of the arena, which
byte of which tensor was last written there, executes every block with the reads and writes that
its kernels may do, in the order in which the emitted code does them, and refuses the plan if
anything that is read was overwritten or never written. Which rows an operator reads is what the
operator is (`reference.rows`), how reads and writes interleave its kernel's `Progress`; where their
bytes stand is worked out here and in `layout`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tinyengine.ir import Op, Tensor, Window
from tinyengine.kernels.spec import Progress
from tinyengine.reference.rows import all_rows_read, output_view, written_view
from tinyengine.schedule.plan import ALIGNMENT, Block, Buffer, Plan, PlanError, Step, locate
from tinyengine.schedule.prove.check_detours import check_detours
from tinyengine.schedule.prove.layout import (
    Layout,
    columns_of,
    layouts_of,
    nbytes_of,
    width_read,
    width_written,
)

_FREE = -1


@dataclass(slots=True)
class _Memory:
    """The arena as tags: serial number of the buffer << 32 | byte of the tensor.

    `changed` are the states that no longer hold what they held before the run.
    """

    plan: Plan
    tags: npt.NDArray[np.int64] = field(init=False)
    serial: Mapping[Buffer, int] = field(init=False)
    buffer_of: Mapping[Tensor, Buffer] = field(init=False)
    layouts: Mapping[Tensor, Layout] = field(init=False)
    changed: set[Buffer] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tags = np.full(self.plan.extent, _FREE, np.int64)
        self.serial = {buffer: index for index, buffer in enumerate(self.plan.buffers)}
        self.buffer_of = self.plan.buffer_of
        self.layouts = layouts_of(self.plan.graph)

    def address(self, tensor: Tensor, start: int) -> int:
        """Give where byte `start` of `tensor` stands."""
        ((at, _, _),) = self.pieces(tensor, start, start + 1)
        return at

    def pieces(self, tensor: Tensor, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Give bytes [start, stop) of `tensor` in pieces that each stand together.

        A piece is its address, its first byte in the tensor that is stored, and its bytes. Rows
        of rings and strips are pieces of their own: row r of a ring stands where r - rows stood.
        """
        buffer, layout = self.buffer_of[tensor], self.layouts[tensor]
        base = self.plan.offsets[buffer]
        if buffer.rows is None and not layout.is_strip:
            yield base + start, start, stop - start
            return
        held = buffer.rows or layout.rows
        while start < stop:
            row, byte = divmod(start, layout.width)
            count, within = min(layout.width - byte, stop - start), layout.first + byte
            yield base + row % held * layout.stride + within, row * layout.stride + within, count
            start += count

    def expected(self, buffer: Buffer, start: int, stop: int) -> npt.NDArray[np.int64]:
        """Give the tags of bytes [start, stop) of `buffer`."""
        return np.arange(start, stop, dtype=np.int64) | self.serial[buffer] << 32

    def write(self, tensor: Tensor, start: int, stop: int) -> None:
        """Tag bytes [start, stop) of `tensor` as written."""
        buffer = self.buffer_of[tensor]
        for at, first, count in self.pieces(tensor, start, stop):
            self.tags[at : at + count] = self.expected(buffer, first, first + count)

    def read(self, tensor: Tensor, start: int, stop: int, why: str) -> None:
        """Raise PlanError unless bytes [start, stop) of `tensor` are there."""
        buffer = self.buffer_of[tensor]
        for at, first, count in self.pieces(tensor, start, stop):
            found, wanted = self.tags[at : at + count], self.expected(buffer, first, first + count)
            if not np.array_equal(found, wanted):
                byte = first + int(np.argmax(found != wanted))
                what = f"byte {byte} of '{tensor.name}'"
                raise PlanError(f"{why}: {what} is overwritten or was not set")

    def fill(self, buffer: Buffer) -> None:
        """Tag a whole buffer as its own."""
        at = self.plan.offsets[buffer]
        self.tags[at : at + buffer.nbytes] = self.expected(buffer, 0, buffer.nbytes)

    def expect(self, buffer: Buffer, why: str) -> None:
        """Raise PlanError unless a whole buffer is still its own."""
        at = self.plan.offsets[buffer]
        wanted = self.expected(buffer, 0, buffer.nbytes)
        if not np.array_equal(self.tags[at : at + buffer.nbytes], wanted):
            raise PlanError(f"{why}: '{buffer.name}' is overwritten while it is in use")


def check_plan(plan: Plan) -> None:
    """Raise PlanError unless the plan is safe: bounds, alignment, scratch, every row read.

    And unless what it computes again or in strips is what the model says.
    """
    check_detours(plan.graph, plan.origins)
    _check_bounds(plan)
    _check_states(plan)
    _check_scratch(plan)
    memory = _Memory(plan)
    for tensor in (*plan.graph.state_tensors, *plan.graph.input_tensors):
        memory.write(tensor, 0, nbytes_of(tensor))
    for index, block in enumerate(plan.blocks):
        replays = [
            _Replay(memory, step, f"block {index}, {step.op.source}") for step in block.steps
        ]
        _replay_block(block, replays)
    for tensor in (*plan.graph.output_tensors, *plan.graph.state_tensors):
        memory.read(tensor, 0, nbytes_of(tensor), "at the end")


def _check_states(plan: Plan) -> None:
    """Check that nothing ever stands where a state does, and that each is written in one piece."""
    kept = {plan.buffer_of[tensor] for tensor in plan.graph.state_tensors}
    for buffer in kept:
        start = plan.offsets[buffer]
        for other in plan.buffers:
            at = plan.offsets[other]
            if other is not buffer and at < start + buffer.nbytes and start < at + other.nbytes:
                raise PlanError(f"'{other.name}' stands where the state '{buffer.name}' does")
    for step in (step for block in plan.blocks if block.stream for step in block.steps):
        if step.op.states or not kept.isdisjoint(plan.buffer_of[t] for t in step.op.outputs):
            raise PlanError(f"{step.op.source} changes a state while its readers run")


def _check_bounds(plan: Plan) -> None:
    ends = (*plan.walls, plan.extent if plan.walls else plan.arena_nbytes)
    for buffer in plan.buffers:
        offset = plan.offsets[buffer]
        end = ends[locate(offset, plan.walls)[0]]
        if offset % ALIGNMENT or offset < 0 or offset + buffer.nbytes > end:
            raise PlanError(
                f"'{buffer.name}' at {offset} with {buffer.nbytes} bytes is not aligned inside "
                f"the arena's bank that ends at {end} bytes"
            )
    missing = {tensor for op in plan.graph.ops for tensor in op.outputs} - set(plan.buffer_of)
    if missing:
        raise PlanError(f"no place for {sorted(tensor.name for tensor in missing)}")
    for tensor, layout in layouts_of(plan.graph).items():
        buffer = plan.buffer_of[tensor]
        if (buffer.rows or layout.rows) * layout.stride > buffer.nbytes:
            raise PlanError(f"'{buffer.name}' has too few bytes for '{tensor.name}'")
        strip = plan.strips.get(tensor)
        planned = (strip.first, strip.row_bytes) if strip else (0, layout.width)
        if planned != (layout.first, layout.stride):
            raise PlanError(
                f"rows of '{tensor.name}' stand {layout.first} bytes into {layout.stride}, "
                f"not {planned[0]} into {planned[1]}"
            )


def _check_scratch(plan: Plan) -> None:
    for step in plan.steps:
        asked = step.kernel.scratch_nbytes
        buffer = plan.scratch.get(step.op)
        held = 0 if buffer is None else buffer.nbytes
        if asked is not None and asked(step.op) > held:
            raise PlanError(f"{step.op.source}: {held} bytes of scratch for {asked(step.op)}")


def _operands(op: Op) -> tuple[Tensor, ...]:
    """Give the activations of `op` that are in memory, each once."""
    return tuple(tensor for tensor in dict.fromkeys(op.activations) if not tensor.is_const)


def _replay_block(block: Block, replays: list["_Replay"]) -> None:
    if block.stream is None:
        for replay in replays:
            replay.call(range(output_view(replay.step.op).rows))
        return
    for tick in range(block.stream.ticks):
        for replay in replays:
            pace = block.stream.paces[replay.step.op]
            row, rest = divmod(tick - pace.offset, pace.period)
            if rest == 0 and 0 <= row < pace.rows:
                replay.call(range(row, row + 1))


@dataclass(slots=True)
class _Replay:
    """The kernel calls of one step on the tagged memory."""

    memory: _Memory
    step: Step
    why: str
    reads: Mapping[Tensor, tuple[range, ...]] = field(init=False)

    def __post_init__(self) -> None:
        op = self.step.op
        self.reads = {tensor: all_rows_read(op, tensor) for tensor in _operands(op)}

    def call(self, rows: range) -> None:
        """Replay one call that computes `rows`."""
        op, progress = self.step.op, self.step.kernel.progress
        scratch = self.memory.plan.scratch.get(op)
        if scratch is not None and (rows.start == 0 or not self.step.kernel.consumes):
            self.memory.fill(scratch)
        self._check_unchanged(op)
        if self.step.kernel.consumes:
            self._consume(op, rows)
        elif progress is Progress.WHOLE:
            self._whole(op, rows)
        elif progress is Progress.PAIRS:
            for row in rows[::2]:
                self._whole(op, range(row, min(row + 2, rows.stop)))
        else:
            for row in rows:
                self._row(op, row)
        if scratch is not None:
            self.memory.expect(scratch, self.why)
        self._change_states(op)

    def _check_unchanged(self, op: Op) -> None:
        """All states that are read are as they were before the run."""
        for tensor in (*_operands(op), *op.states):
            if self.memory.buffer_of[tensor] in self.memory.changed:
                raise PlanError(f"{self.why}: the state '{tensor.name}' has been written before")
        for tensor in op.states:
            self.memory.read(tensor, 0, nbytes_of(tensor), self.why)

    def _change_states(self, op: Op) -> None:
        """Note which states changed: they are still where they stand, and nobody may read them."""
        for tensor in op.states:
            self.memory.read(tensor, 0, nbytes_of(tensor), self.why)
        states = {t for t in op.outputs if t in self.memory.plan.graph.state_tensors}
        self.memory.changed |= {self.memory.buffer_of[t] for t in (*op.states, *states)}

    def _consume(self, op: Op, rows: range) -> None:
        """Read input rows; with the last one, then write the only output row."""
        (tensor,) = _operands(op)
        layout = self.memory.layouts[tensor]
        for row in rows:
            self.memory.read(tensor, row * layout.width, (row + 1) * layout.width, self.why)
        if rows.stop == layout.rows:
            self.memory.write(op.output, 0, nbytes_of(op.output))

    def _whole(self, op: Op, rows: range) -> None:
        """Read and write in any order: all that is read stays until the end."""
        for _ in range(2):
            for row in rows:
                for tensor in _operands(op):
                    self._read_rows(op, tensor, row)
            for row in rows:
                for output in op.outputs:
                    self._write_row(op, output, row)
        for row in rows:
            for tensor in _operands(op):
                self._read_rows(op, tensor, row)

    def _row(self, op: Op, row: int) -> None:
        read = _operands(op)
        for tensor in read:
            self._read_rows(op, tensor, row)
        for output in op.outputs:
            near = [tensor for tensor in read if self._reaches(op, output, tensor, row)]
            by_element = [tensor for tensor in near if self._is_elementwise(op, output, tensor)]
            by_pixel = [t for t in near if t not in by_element and self._is_window(op)]
            for tensor in by_element:
                self._check_elements(op, output, tensor, row)
            if by_pixel:
                self._replay_pixels(op, by_pixel[0], row)
            self._write_row(op, output, row)
            for tensor in near:
                if tensor not in by_element and tensor not in by_pixel:
                    self._read_rows(op, tensor, row)

    def _written(self, op: Op, output: Tensor, row: int) -> tuple[int, int]:
        """Give the bytes of `output` that are written with row `row` of the operator's rows.

        Of an output that has other rows, that may be any: all of it.
        """
        if written_view(op, output).rows != output_view(op).rows:
            return 0, nbytes_of(output)
        width = width_written(op, output)
        return row * width, (row + 1) * width

    def _write_row(self, op: Op, output: Tensor, row: int) -> None:
        self.memory.write(output, *self._written(op, output, row))

    def _read_rows(self, op: Op, tensor: Tensor, row: int, column: int = 0) -> None:
        """Read what output row `row` reads, of each row only the bytes from `column` on."""
        width = width_read(op, tensor)
        for line in self.reads[tensor][row]:
            self.memory.read(tensor, line * width + column, (line + 1) * width, self.why)

    def _reaches(self, op: Op, output: Tensor, tensor: Tensor, row: int) -> bool:
        """Tell whether writing row `row` of `output` touches a row that it reads."""
        width, (first, stop) = width_read(op, tensor), self._written(op, output, row)
        out = self.memory.address(output, first)
        places = [self.memory.address(tensor, line * width) for line in self.reads[tensor][row]]
        return any(out < at + width and at < out + stop - first for at in places)

    def _is_elementwise(self, op: Op, output: Tensor, tensor: Tensor) -> bool:
        same_rows = width_read(op, tensor) == width_written(op, output)
        same = same_rows and nbytes_of(tensor) == nbytes_of(output)
        same = same and tensor.elements == output.elements
        return self.step.kernel.progress is Progress.ELEMENT and same

    def _is_window(self, op: Op) -> bool:
        return self.step.kernel.progress is Progress.PIXEL and isinstance(op, Window)

    def _check_elements(self, op: Op, output: Tensor, tensor: Tensor, row: int) -> None:
        """Element i is written where element j > i of the same row still waits to be read."""
        width = width_written(op, output)
        at, out = (self.memory.address(t, row * width) for t in (tensor, output))
        if 0 < out - at < width:
            raise PlanError(f"{self.why}: row {row} overtakes its operand '{tensor.name}'")

    def _replay_pixels(self, op: Op, tensor: Tensor, row: int) -> None:
        """Write pixel by pixel, and read again what this pixel and the later ones need."""
        assert isinstance(op, Window), "only windows go pixel by pixel"
        in_w, out_w = columns_of(tensor), columns_of(op.output)
        in_pixel, out_pixel = width_read(op, tensor) // in_w, width_written(op, op.output) // out_w
        start = row * width_written(op, op.output)
        for pixel in range(out_w):
            at = start + pixel * out_pixel
            self.memory.write(op.output, at, at + out_pixel)
            column = min(max(pixel * op.stride_w - op.padding.left, 0), in_w)
            self._read_rows(op, tensor, row, column * in_pixel)
