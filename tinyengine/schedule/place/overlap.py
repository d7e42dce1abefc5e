"""How far a kernel's output may reach into an operand that dies with it.

If the output starts at least `distance` bytes below the operand, then whatever the kernel writes
overtakes nothing that it still has to read. In-place execution is a distance of 0.
"""

import numpy as np

from tinyengine.ir import Op, Tensor, Window
from tinyengine.kernels.spec import Kernel, Progress
from tinyengine.reference.rows import (
    RowView,
    all_rows_read,
    operand_view,
    output_view,
    written_view,
)


def safe_distance(op: Op, kernel: Kernel, tensor: Tensor, output: Tensor | None = None) -> int:
    """Give the least number of bytes by which `output` must start below `tensor`.

    Without `output`, that is of `op.output`. At most the output's size: then the two are simply
    disjoint.
    """
    output = op.output if output is None else output
    out = written_view(op, output)
    if kernel.progress is Progress.WHOLE or out.rows != output_view(op).rows:
        return output.nbytes
    written, needed = _row_progress(op, tensor, out)
    if kernel.progress is Progress.PAIRS:
        last = np.minimum(np.arange(out.rows) | 1, out.rows - 1)
        written, needed = written[last], needed[np.arange(out.rows) & ~1]
    is_alike = operand_view(op, tensor) == out and tensor.elements == output.elements
    if kernel.progress is Progress.ELEMENT and is_alike:
        return 0
    if kernel.progress is Progress.PIXEL and isinstance(op, Window):
        written, needed = _pixel_progress(op, tensor, needed)
    return int(min(max(np.max(written - needed), 0), output.nbytes))


def _row_progress(op: Op, tensor: Tensor, out: RowView) -> tuple[np.ndarray, np.ndarray]:
    """Give per output row: bytes written by its end, and the first operand byte still needed.

    While row r is written, all that rows ≥ r read is needed.
    """
    view = operand_view(op, tensor)
    first = _first_rows(op, tensor)
    still = np.minimum.accumulate(first[::-1])[::-1] * view.row_bytes
    return (np.arange(out.rows, dtype=np.int64) + 1) * out.row_bytes, still


def _pixel_progress(
    op: Window, tensor: Tensor, needed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give the same per output pixel, [out_h, out_w], for kernels that go pixel by pixel."""
    out, view = output_view(op), operand_view(op, tensor)
    in_w, out_w = tensor.hwc[1], op.output.hwc[1]
    columns = np.arange(out_w, dtype=np.int64) * op.stride_w - op.padding.left
    last = columns + op.extent[1]
    first = np.where(last > 0, np.clip(columns, 0, in_w), 0)
    rows = np.arange(out.rows, dtype=np.int64)[:, None]
    written = rows * out.row_bytes + (np.arange(out_w, dtype=np.int64) + 1) * out.pixel_bytes
    here = _first_rows(op, tensor)[:, None] * view.row_bytes + first * view.pixel_bytes
    below = np.append(needed[1:], view.rows * view.row_bytes)
    return written, np.minimum(here, below[:, None])


def _first_rows(op: Op, tensor: Tensor) -> np.ndarray:
    """Give the first row that each output row reads; the number of rows where it reads none."""
    rows = operand_view(op, tensor).rows
    return np.array([read.start if read else rows for read in all_rows_read(op, tensor)], np.int64)
