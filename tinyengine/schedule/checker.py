"""Prove a plan: replay it row by row on a memory of tags.

The checker knows nothing of how the plan was made. It keeps, for every byte of the arena, which
byte of which buffer was last written there, executes every step with the reads and writes that
its kernel may do, and refuses the plan if anything that is read was overwritten. What a kernel
reads comes from `rows_read`, and how its reads and writes interleave from its `Progress`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tinyengine.ir import Op, Tensor, Window
from tinyengine.kernels.rows import operand_view, output_view, rows_read
from tinyengine.kernels.spec import Kernel, Progress
from tinyengine.schedule.plan import ALIGNMENT, Buffer, Plan, Step

_FREE = -1


class PlanFault(AssertionError):
    """The plan would overwrite something that is still needed: a bug of the scheduler."""


@dataclass(slots=True)
class _Memory:
    """The arena as tags: `serial of the buffer` << 32 | `byte within it`."""

    plan: Plan
    tags: npt.NDArray[np.int64] = field(init=False)
    serial: dict[Buffer, int] = field(init=False)

    def __post_init__(self) -> None:
        self.tags = np.full(self.plan.arena_nbytes, _FREE, np.int64)
        self.serial = {buffer: index for index, buffer in enumerate(self.plan.buffers)}

    def expected(self, buffer: Buffer, start: int, stop: int) -> npt.NDArray[np.int64]:
        return np.arange(start, stop, dtype=np.int64) | self.serial[buffer] << 32

    def write(self, buffer: Buffer, start: int, stop: int) -> None:
        base = self.plan.offsets[buffer]
        self.tags[base + start : base + stop] = self.expected(buffer, start, stop)

    def read(self, buffer: Buffer, start: int, stop: int, why: str) -> None:
        base = self.plan.offsets[buffer]
        found, wanted = self.tags[base + start : base + stop], self.expected(buffer, start, stop)
        if not np.array_equal(found, wanted):
            byte = start + int(np.argmax(found != wanted))
            raise PlanFault(f"{why}: byte {byte} of '{buffer.name}' is overwritten or was not set")


def check_plan(plan: Plan) -> None:
    """Raise PlanFault unless the plan is safe: bounds, alignment, scratch, every read of a row."""
    _check_bounds(plan)
    memory = _Memory(plan)
    buffer_of = plan.buffer_of
    for tensor in plan.graph.input_tensors:
        memory.write(buffer_of[tensor], 0, tensor.nbytes)
    for index, step in enumerate(plan.steps):
        _Replay(memory, buffer_of, step, f"step {index} {step.op.source}").run()
    for tensor in plan.graph.output_tensors:
        memory.read(buffer_of[tensor], 0, tensor.nbytes, "at the end")


def _check_bounds(plan: Plan) -> None:
    for buffer in plan.buffers:
        offset = plan.offsets[buffer]
        if offset % ALIGNMENT or offset < 0 or offset + buffer.nbytes > plan.arena_nbytes:
            raise PlanFault(
                f"'{buffer.name}' at {offset} with {buffer.nbytes} bytes is not aligned inside "
                f"the arena of {plan.arena_nbytes} bytes"
            )
    missing = {tensor for op in plan.graph.ops for tensor in (op.output,)} - set(plan.buffer_of)
    if missing:
        raise PlanFault(f"no place for {sorted(tensor.name for tensor in missing)}")


@dataclass(slots=True)
class _Replay:
    """One step on the tagged memory."""

    memory: _Memory
    buffer_of: Mapping[Tensor, Buffer]
    step: Step
    why: str

    def run(self) -> None:
        op, kernel = self.step.op, self.step.kernel
        operands = [t for t in dict.fromkeys(op.activations) if not t.is_const]
        scratch = self.memory.plan.scratch.get(op)
        if scratch is not None:
            self.memory.write(scratch, 0, scratch.nbytes)
        if kernel.progress is Progress.WHOLE:
            self._whole(op, operands)
        else:
            for row in range(output_view(op).rows):
                self._row(op, kernel, operands, row)
        if scratch is not None:
            self.memory.read(scratch, 0, scratch.nbytes, self.why)

    def _whole(self, op: Op, operands: list[Tensor]) -> None:
        for _ in range(2):
            for tensor in operands:
                self.memory.read(self._buffer(tensor), 0, tensor.nbytes, self.why)
            self.memory.write(self._buffer(op.output), 0, op.output.nbytes)
        for tensor in operands:
            self.memory.read(self._buffer(tensor), 0, tensor.nbytes, self.why)

    def _row(self, op: Op, kernel: Kernel, operands: list[Tensor], row: int) -> None:
        width = output_view(op).row_bytes
        start, out = row * width, self._buffer(op.output)
        for tensor in operands:
            self._read_rows(op, tensor, row)
        near = [tensor for tensor in operands if self._reaches(op, tensor, row)]
        by_element = [t for t in near if self._is_elementwise(op, kernel, t)]
        by_pixel = [t for t in near if t not in by_element and self._is_window(op, kernel)]
        for tensor in by_element:
            self._check_elements(op, tensor, row)
        if by_pixel:
            self._replay_pixels(op, by_pixel[0], row)
        self.memory.write(out, start, start + width)
        for tensor in near:
            if tensor not in by_element and tensor not in by_pixel:
                self._read_rows(op, tensor, row)

    def _read_rows(self, op: Op, tensor: Tensor, row: int, column: int = 0) -> None:
        """Read what output row `row` reads, of its last rows' bytes only those from `column`."""
        width = operand_view(op, tensor).row_bytes
        for line in rows_read(op, tensor, row):
            self.memory.read(
                self._buffer(tensor), line * width + column, (line + 1) * width, self.why
            )

    def _reaches(self, op: Op, tensor: Tensor, row: int) -> bool:
        """Tell whether writing output row `row` touches a row that it reads."""
        rows, width = rows_read(op, tensor, row), operand_view(op, tensor).row_bytes
        offsets, out_width = self.memory.plan.offsets, output_view(op).row_bytes
        at = offsets[self._buffer(tensor)]
        out = offsets[self._buffer(op.output)] + row * out_width
        return out < at + rows.stop * width and at + rows.start * width < out + out_width

    def _is_elementwise(self, op: Op, kernel: Kernel, tensor: Tensor) -> bool:
        same = operand_view(op, tensor) == output_view(op)
        return kernel.progress is Progress.ELEMENT and same

    def _is_window(self, op: Op, kernel: Kernel) -> bool:
        return kernel.progress is Progress.PIXEL and isinstance(op, Window)

    def _check_elements(self, op: Op, tensor: Tensor, row: int) -> None:
        """Element i is written where element j > i of the same row still waits to be read."""
        offsets = self.memory.plan.offsets
        ahead = offsets[self._buffer(op.output)] - offsets[self._buffer(tensor)]
        if 0 < ahead < output_view(op).row_bytes:
            raise PlanFault(f"{self.why}: row {row} overtakes its operand '{tensor.name}'")

    def _replay_pixels(self, op: Op, tensor: Tensor, row: int) -> None:
        """Write pixel by pixel, and read again what this pixel and the later ones need."""
        assert isinstance(op, Window), "only windows go pixel by pixel"
        _, in_w, in_c = tensor.hwc
        _, out_w, out_c = op.output.hwc
        start = row * output_view(op).row_bytes
        for pixel in range(out_w):
            at = start + pixel * out_c
            self.memory.write(self._buffer(op.output), at, at + out_c)
            column = min(max(pixel * op.stride_w - op.padding.left, 0), in_w)
            self._read_rows(op, tensor, row, column * in_c)

    def _buffer(self, tensor: Tensor) -> Buffer:
        return self.buffer_of[tensor]
