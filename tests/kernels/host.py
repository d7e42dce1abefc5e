"""Runs kernels on the host under ASan and UBSan: whole, in pieces on rings, and overlapping.

`operands` are the arrays of `op.activations`, in order, constants included; results have the
shape and dtype of `op.output`. A sanitizer's report fails the test with its text.
"""

import atexit
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.kernels import host_build
from tests.support import require_tool
from tinyengine.ir import (
    AddN,
    Array,
    Binary,
    Concatenation,
    Curve,
    Lookup,
    Op,
    PRelu,
    Quantize,
    Tensor,
    Window,
)
from tinyengine.kernels.spec import Function, Kernel, Progress, Struct
from tinyengine.reference.rows import operand_view, output_view, rows_read, view_of, written_view

POISON = b"\x5a"
NOWHERE = np.iinfo(np.int64).max

Place = tuple[int, tuple[int, int, int]]
"""A buffer's index, and there: offset, row_bytes, rows."""

Step = tuple[Any, ...]
"""("write", buffer, offset, data), ("run", first, last) or ("read", buffer, offset, nbytes).

("continue", first, last) is "run" with the scratch as the last call left it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of the worker."""

    library: str
    declarations: str
    function: str
    c_type: str
    members: Mapping[str, Any]
    is_array: bool
    scratch_nbytes: int | None
    buffers: tuple[bytes, ...]
    sources: tuple[Place, ...]
    output: Place
    steps: tuple[Step, ...]
    further: tuple[Place, ...] = ()
    """The places of further outputs and of states."""


def run_kernel(kernel: Kernel, op: Op, operands: Sequence[Array]) -> Array:
    """Give what `kernel` computes for all output rows, from whole operands."""
    view = output_view(op)
    nbytes = view.rows * view.row_bytes
    buffers = [*(_bytes(array) for array in operands), POISON * nbytes]
    sources = [
        (i, (0, whole.row_bytes, whole.rows))
        for i, whole in enumerate(operand_view(op, tensor) for tensor in op.activations)
    ]
    last = len(buffers) - 1
    steps = [("run", 0, view.rows), ("read", last, 0, nbytes)]
    output = (last, (0, view.row_bytes, view.rows))
    (data,) = _call(kernel, op, buffers, sources, output, steps)
    return _array(op, data)


def take_steps(
    kernel: Kernel, op: Op, operands: Sequence[Sequence[Array]], states: Sequence[Array]
) -> list[tuple[Array, ...]]:
    """Give all outputs of `kernel` step after step, each from whole operands.

    `states` are those of `op` before the first step.
    """
    inputs = [(t, operand_view(op, t)) for t in op.activations]
    written = [(t, written_view(op, t)) for t in op.outputs] + [(t, view_of(t)) for t in op.states]
    buffers = [*(POISON * (v.rows * v.row_bytes) for _, v in (*inputs, *written))]
    for at, array in enumerate(reversed(states), 1):
        buffers[-at] = _bytes(array)
    places = [(i, (0, v.row_bytes, v.rows)) for i, (_, v) in enumerate((*inputs, *written))]
    steps: list[Step] = []
    for arrays in operands:
        steps += [("write", i, 0, _bytes(array)) for i, array in enumerate(arrays)]
        steps.append(("run", 0, output_view(op).rows))
        steps += [
            ("read", len(inputs) + i, 0, tensor.nbytes) for i, tensor in enumerate(op.outputs)
        ]
    output, *further = places[len(inputs) :]
    data = _call(kernel, op, buffers, places[: len(inputs)], output, steps, tuple(further))
    count = len(op.outputs)
    return [
        tuple(
            np.frombuffer(part, tensor.dtype.numpy).reshape(tensor.shape)
            for tensor, part in zip(op.outputs, data[at : at + count], strict=True)
        )
        for at in range(0, len(data), count)
    ]


def check_rows(
    kernel: Kernel, op: Op, operands: Sequence[Array], expected: Array, seed: int = 0
) -> None:
    """Check `kernel` on pieces of rows: it finds them in rings that hold no other row.

    The output is computed in pieces of random sizes; every activation's ring has just the rows
    that the largest piece needs, and what a piece does not need is overwritten before it.
    """
    view = output_view(op)
    pieces = _pieces(view.rows, seed)
    rings = [_Ring(op, tensor, pieces) for tensor in op.activations]
    out_rows = max(len(piece) for piece in pieces)
    nbytes = out_rows * view.row_bytes
    buffers = [*(POISON * ring.nbytes for ring in rings), POISON * nbytes]
    sources = [(i, (0, ring.row_bytes, ring.rows)) for i, ring in enumerate(rings)]
    last = len(buffers) - 1
    steps: list[Step] = []
    for piece in pieces:
        for i, (ring, array) in enumerate(zip(rings, operands, strict=True)):
            steps.append(("write", i, 0, ring.content(_bytes(array), piece)))
        steps += [("run", piece.start, piece.stop), ("read", last, 0, nbytes)]
    output = (last, (0, view.row_bytes, out_rows))
    results = _call(kernel, op, buffers, sources, output, steps)
    rows = [
        result[row % out_rows * view.row_bytes :][: view.row_bytes]
        for piece, result in zip(pieces, results, strict=True)
        for row in piece
    ]
    message = f"{kernel.function} in pieces {[(piece.start, piece.stop) for piece in pieces]}"
    np.testing.assert_array_equal(_array(op, b"".join(rows)), expected, message)


def check_consumption(
    kernel: Kernel, op: Op, operand: Array, expected: Array, rows: int, seed: int = 0
) -> None:
    """Check a kernel that consumes its only activation, as `rows` rows, piece by piece.

    Pieces are of random sizes, some of no rows; the ring holds just the rows of each piece.
    Between them the output must not be touched: it is poisoned, and read after the last row.
    """
    view, data = output_view(op), _bytes(operand)
    row_bytes = len(data) // rows
    pieces = _pieces(rows, seed)
    ring = max(len(piece) for piece in pieces)
    steps: list[Step] = []
    for piece in pieces:
        content = bytearray(POISON * (ring * row_bytes))
        for row in piece:
            at = row % ring * row_bytes
            content[at : at + row_bytes] = data[row * row_bytes :][:row_bytes]
        how = "continue" if piece.start else "run"
        steps += [("write", 0, 0, bytes(content)), ("read", 1, 0, view.row_bytes)]
        steps += [("continue", piece.start, piece.start), (how, piece.start, piece.stop)]
        steps += [("continue", piece.stop, piece.stop)]
    steps.append(("read", 1, 0, view.row_bytes))
    buffers = [POISON * (ring * row_bytes), POISON * view.row_bytes]
    sources = [(0, (0, row_bytes, ring))]
    output = (1, (0, view.row_bytes, 1))
    *before, result = _call(kernel, op, buffers, sources, output, steps)
    assert set(before) == {buffers[1]}, f"{kernel.function} writes before it has consumed all rows"
    message = f"{kernel.function} in pieces {[(piece.start, piece.stop) for piece in pieces]}"
    np.testing.assert_array_equal(_array(op, result), expected, message)


def check_overlap(
    kernel: Kernel, op: Op, operands: Sequence[Array], expected: Array, more: int = 0
) -> None:
    """Check `kernel` with its output over its first activation that is no constant.

    The output starts the smallest distance before it that the kernel's progress and the elements'
    alignment allow, or `more` bytes further away.
    """
    tensors = op.activations
    chosen = next((i for i, tensor in enumerate(tensors) if not tensor.is_const), 0)
    least = overlap_distance(op, tensors[chosen], kernel.progress)
    element = max(tensors[chosen].dtype.nbytes, op.output.dtype.nbytes)
    distance = -(-least // element) * element + more
    view = output_view(op)
    nbytes = view.rows * view.row_bytes
    buffers = [_bytes(array) for array in operands]
    shared = POISON * distance + buffers[chosen]
    buffers[chosen] = shared + POISON * (nbytes - len(shared))
    sources: list[Place] = []
    for i, tensor in enumerate(tensors):
        whole = operand_view(op, tensor)
        is_shared = tensor is tensors[chosen]
        at = (chosen, distance) if is_shared else (i, 0)
        sources.append((at[0], (at[1], whole.row_bytes, whole.rows)))
    steps = [("run", 0, view.rows), ("read", chosen, 0, nbytes)]
    output = (chosen, (0, view.row_bytes, view.rows))
    (data,) = _call(kernel, op, buffers, sources, output, steps)
    message = f"{kernel.function} overlapping at distance {distance} of {nbytes}"
    np.testing.assert_array_equal(_array(op, data), expected, message)


def overlap_distance(op: Op, tensor: Tensor, progress: Progress) -> int:
    """Give the least bytes by which the output must start before activation `tensor`.

    Worked out pixel by pixel from what `Progress` says in words: byte b of the output may be
    written when all that is still to be read lies at or behind it.
    """
    view = output_view(op)
    if progress is Progress.WHOLE:
        return view.rows * view.row_bytes
    is_alike = (tensor.nbytes, tensor.elements) == (op.output.nbytes, op.output.elements)
    if progress is Progress.ELEMENT and is_alike:
        return 0
    by_row = progress in (Progress.ROW, Progress.PAIRS)
    by_pixel = not by_row and _reads_pixels(op, tensor)
    steps = op.output.hwc[1] if by_pixel else 1
    ends = np.arange(1, view.rows * steps + 1) * (view.row_bytes // steps)
    needs = [
        _first_read(op, tensor, row, pixel if by_pixel else None)
        for row in range(view.rows)
        for pixel in range(steps)
    ]
    still_needed = np.minimum.accumulate(np.array(needs, np.int64)[::-1])[::-1]
    if progress is Progress.PAIRS:
        # Both rows of a pair end where the second does, and need what the first does.
        still_needed = np.repeat(still_needed[::2], 2)[: view.rows]
        ends = np.repeat(np.append(ends[1::2], ends[-1:])[: (view.rows + 1) // 2], 2)[: view.rows]
    reading = still_needed != NOWHERE
    return max(0, int(np.max(ends[reading] - still_needed[reading], initial=0)))


def _reads_pixels(op: Op, tensor: Tensor) -> bool:
    """Tell whether output pixels read known pixels of `tensor`."""
    match op:
        case Window():
            return True
        case Lookup() | Curve() | Quantize() | PRelu() | Binary():
            return tensor.shape == op.output.shape
        case Concatenation():
            return op.axis == len(op.output.shape) - 1
        case _:
            return False


def _first_read(op: Op, tensor: Tensor, row: int, pixel: int | None) -> int:
    """Give the offset of the first byte of `tensor` that an output row or pixel reads."""
    rows = rows_read(op, tensor, row)
    if not rows:
        return NOWHERE
    view = operand_view(op, tensor)
    if pixel is None:
        return rows.start * view.row_bytes
    in_w = tensor.hwc[1]
    column = max(pixel * op.stride_w - op.padding.left, 0) if isinstance(op, Window) else pixel
    if column >= in_w:
        return NOWHERE
    return rows.start * view.row_bytes + column * (view.row_bytes // in_w)


class _Ring:
    """A ring of as many rows of one activation as the largest piece needs."""

    def __init__(self, op: Op, tensor: Tensor, pieces: Sequence[range]) -> None:
        self.needed = {piece: _union(op, tensor, piece) for piece in pieces}
        self.rows = max(1, *(len(rows) for rows in self.needed.values()))
        self.row_bytes = operand_view(op, tensor).row_bytes
        self.nbytes = self.rows * self.row_bytes

    def content(self, data: bytes, piece: range) -> bytes:
        """Give the ring's bytes for `piece`: the rows it needs in their places, else poison."""
        content = bytearray(POISON * self.nbytes)
        for row in self.needed[piece]:
            at = row % self.rows * self.row_bytes
            start = row * self.row_bytes
            content[at : at + self.row_bytes] = data[start : start + self.row_bytes]
        return bytes(content)


def _union(op: Op, tensor: Tensor, piece: range) -> range:
    """Give the rows of `tensor` that the output rows of `piece` read, all in one range."""
    reads = [rows for rows in (rows_read(op, tensor, row) for row in piece) if rows]
    if not reads:
        return range(0)
    return range(min(r.start for r in reads), max(r.stop for r in reads))


def _pieces(rows: int, seed: int) -> list[range]:
    random = np.random.default_rng([rows, seed])
    pieces: list[range] = []
    first = 0
    while first < rows:
        last = min(rows, first + int(random.integers(1, max(2, rows // 2 + 1))))
        pieces.append(range(first, last))
        first = last
    return pieces


def _bytes(array: Array) -> bytes:
    return np.ascontiguousarray(array).tobytes()


def _array(op: Op, data: bytes) -> Array:
    return np.frombuffer(data, op.output.dtype.numpy).reshape(op.output.shape)


def _member(value: Any) -> Any:
    """Give a member that can be sent: arrays as bytes, structs and functions by name."""
    if isinstance(value, Struct):
        return {"c_type": value.c_type, "members": _members(value)}
    if isinstance(value, Function):
        return {"function": value.name}
    return _bytes(value) if isinstance(value, np.ndarray) else value


def _members(struct: Struct) -> dict[str, Any]:
    return {name: _member(value) for name, value in struct.members.items()}


def _prototype(kernel: Kernel, op: Op, c_type: str) -> str:
    """Give the C prototype that the contract in `spec.Kernel` asks for."""
    is_array = isinstance(op, AddN | Concatenation)
    sources = "const te_src *" if is_array else ", ".join(["te_src"] * len(op.activations))
    scratch = "" if kernel.scratch_nbytes is None else ", void *"
    written = ", ".join(["te_dst"] * len((*op.outputs, *op.states)))
    operands = f"const {c_type} *, {sources}, {written}"
    return f"void {kernel.function}({operands}, int32_t, int32_t{scratch});"


def _call(
    kernel: Kernel,
    op: Op,
    buffers: Sequence[bytes],
    sources: Sequence[Place],
    output: Place,
    steps: Sequence[Step],
    further: tuple[Place, ...] = (),
) -> list[bytes]:
    declined = kernel.declines(op)
    assert not declined, f"{kernel.function} declines {op.source}: {'; '.join(declined)}"
    params = kernel.params(op)
    prototype = _prototype(kernel, op, params.c_type)
    request = Request(
        library=str(host_build.build(kernel, prototype)),
        declarations=host_build.declarations(kernel, prototype),
        function=kernel.function,
        c_type=params.c_type,
        members=_members(params),
        is_array=isinstance(op, AddN | Concatenation),
        scratch_nbytes=None if kernel.scratch_nbytes is None else kernel.scratch_nbytes(op),
        buffers=tuple(buffers),
        sources=tuple(sources),
        output=output,
        steps=tuple(steps),
        further=further,
    )
    return backend(kernel, request)


class Worker:
    """A Python process that has libasan preloaded; started anew after a crash."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker

    def ask(self, request: Request) -> list[bytes]:
        """Give the worker's answer; raises AssertionError with what a crash left behind."""
        if self.process is None:
            self.process = self._start()
        data = pickle.dumps({f.name: getattr(request, f.name) for f in fields(request)})
        requests, answers = self.process.stdin, self.process.stdout
        assert requests is not None, "the worker has a standard input"
        assert answers is not None, "the worker has a standard output"
        try:
            requests.write(len(data).to_bytes(8, "little") + data)
            requests.flush()
        except BrokenPipeError:
            self._crashed()
        length = answers.read(8)
        if len(length) < 8:
            self._crashed()
        answer = pickle.loads(answers.read(int.from_bytes(length, "little")))
        if isinstance(answer, str):
            raise AssertionError(f"{request.function}: {answer}")
        return list(answer)

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            assert self.process.stdin is not None, "the worker has a standard input"
            assert self.process.stdout is not None, "the worker has a standard output"
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()
            self.process = None
        self.log.close()

    def _start(self) -> subprocess.Popen[bytes]:
        gcc = require_tool("gcc")
        asan = subprocess.run(
            [gcc, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
        ).stdout.strip()
        environment = os.environ | {
            "LD_PRELOAD": asan,
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
            "UBSAN_OPTIONS": "print_stacktrace=1:abort_on_error=1",
        }
        return subprocess.Popen(
            [sys.executable, "-I", str(Path(__file__).with_name("host_worker.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=environment,
        )

    def _crashed(self) -> None:
        assert self.process is not None, "only a running worker crashes"
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None, "the worker has pipes"
            try:
                stream.close()
            except BrokenPipeError:
                continue
        code = self.process.wait()
        self.process = None
        self.log.seek(0)
        text = self.log.read().decode(errors="replace")
        self.log.seek(0)
        self.log.truncate()
        raise AssertionError(f"the kernel crashed (exit {code})\n{text[:8000]}")


@cache
def _worker() -> Worker:
    worker = Worker()
    atexit.register(worker.stop)
    return worker


backend: Callable[[Kernel, Request], list[bytes]] = lambda _, request: _worker().ask(request)  # noqa: E731
"""What carries out requests: the worker, or a core while `emulated.on_core` is in force."""
