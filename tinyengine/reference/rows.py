"""Rows: how operators see their tensors, and which input rows an output row reads.

This is a property of the operator, not of a kernel. Every kernel call, every overlap distance,
every ring size and the plan checker are derived from these functions.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tinyengine.ir import (
    AddN,
    BatchMatMul,
    Binary,
    Broadcast,
    Cast,
    Concatenation,
    CumSum,
    Curve,
    DepthToSpace,
    DynamicUpdateSlice,
    FullyConnected,
    L2Normalization,
    LogSoftmax,
    Lookup,
    Mean,
    Op,
    Pad,
    PRelu,
    Quantize,
    ReduceExtreme,
    ReduceProd,
    ResizeBilinear,
    ResizeNearestNeighbor,
    Select,
    SignalWindow,
    Slice,
    Softmax,
    SpaceToDepth,
    Sum,
    Tensor,
    TopK,
    Transpose,
    Window,
)
from tinyengine.reference.resize import bilinear_axis, nearest_positions

Rows = npt.NDArray[np.int64]
"""One row number per output row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """A tensor as `rows` rows of `row_bytes` bytes each, made of pixels of `pixel_bytes` bytes.

    Views with the same rows are equal, wherever their pixels end.
    """

    rows: int
    row_bytes: int
    pixel_bytes: int = field(compare=False)


def view_of(tensor: Tensor) -> RowView:
    """Give the rows of [N, H, W, C]: N·H rows of W·C elements; one row beyond rank 4."""
    if len(tensor.shape) > 4:
        return RowView(rows=1, row_bytes=tensor.nbytes, pixel_bytes=tensor.nbytes)
    h, w, c = tensor.hwc
    pixel_bytes = tensor.dtype.nbytes_of(c)
    return RowView(rows=h, row_bytes=w * pixel_bytes, pixel_bytes=pixel_bytes)


def output_view(op: Op) -> RowView:
    """Give the rows that the kernel of `op` writes.

    Fully connected: one row per input vector. Softmax and its like: one row per distribution.
    """
    match op:
        case FullyConnected() | Softmax() | LogSoftmax() | L2Normalization() | TopK():
            return _vectors(op.output, op.output.shape[-1])
        case _:
            return view_of(op.output)


def written_view(op: Op, output: Tensor) -> RowView:
    """Give the rows in which the kernel of `op` writes one of its outputs.

    Where they are as many as those of `op.output`, row r of both is written in one go.
    """
    return output_view(op) if output is op.output else view_of(output)


def operand_view(op: Op, tensor: Tensor) -> RowView:
    """Give the rows of the activation `tensor` as the kernel of `op` reads them."""
    match op:
        case FullyConnected():
            return _vectors(tensor, op.weight.shape[1])
        case Softmax() | LogSoftmax() | L2Normalization() | TopK():
            return _vectors(tensor, tensor.shape[-1])
        case _:
            return view_of(tensor)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowSpans:
    """The rows [first, stop) of an activation that each output row reads.

    They may lie outside the activation: a window begins above it or ends below it.
    """

    first: Rows
    stop: Rows


def rows_read(op: Op, tensor: Tensor, row: int) -> range:
    """Give the rows of the activation `tensor` that output row `row` reads, clipped to it.

    The range is contiguous: rows that a dilated window skips are counted as read. It is empty
    where the output row is padding.
    """
    return all_rows_read(op, tensor)[row]


def all_rows_read(op: Op, tensor: Tensor) -> tuple[range, ...]:
    """Give the same for every output row."""
    spans, rows = row_spans(op, tensor), operand_view(op, tensor).rows
    first, stop = np.maximum(spans.first, 0).tolist(), np.minimum(spans.stop, rows).tolist()
    return tuple(range(low, max(high, low)) for low, high in zip(first, stop, strict=True))


def row_spans(op: Op, tensor: Tensor) -> RowSpans:
    """Give the rows of the activation `tensor` that every output row reads, not clipped."""
    row = np.arange(output_view(op).rows, dtype=np.int64)
    rows = operand_view(op, tensor).rows
    match op:
        case Window():
            first = row * op.stride_h - op.padding.top
            return RowSpans(first=first, stop=first + op.extent[0])
        case ResizeNearestNeighbor():
            return _from(nearest_positions(op, 1))
        case ResizeBilinear():
            height = bilinear_axis(op, 1)
            return RowSpans(first=height.lower, stop=height.upper + 1)
        case DepthToSpace():
            return _from(_rows_of_blocks(op, row))
        case SpaceToDepth():
            return RowSpans(first=row * op.block_h, stop=(row + 1) * op.block_h)
        case Broadcast() | BatchMatMul() if len(op.output.shape) <= 4:
            return _from(_row_repeated(tensor, op.output, row))
        case Pad() if _keeps_batch(tensor):
            return _from(row - _rows_padded_before(op))
        case Slice() if _keeps_batch(tensor) and len(op.begin) > 2:
            return _from(op.begin[-3] + row * op.strides[-3])
        case Concatenation() if op.operands.count(tensor) == 1 and _joins_in_order(op):
            return _from(row - _rows_before(op, tensor))
        case _:
            is_rowwise = rows == len(row) and _maps_rows(op)
            is_broadcast = isinstance(op, Binary | PRelu | Select) and rows == 1
            return _from(row) if is_rowwise and not is_broadcast else _whole(row, rows)


def reads_by_row(op: Op, tensor: Tensor) -> bool:
    """Tell whether output rows read only some rows of `tensor`: it can be streamed."""
    spans, rows = row_spans(op, tensor), operand_view(op, tensor).rows
    return bool(np.any(spans.first > 0) or np.any(spans.stop < rows))


def _from(first: Rows) -> RowSpans:
    return RowSpans(first=first, stop=first + 1)


def _whole(row: Rows, rows: int) -> RowSpans:
    return RowSpans(first=np.zeros_like(row), stop=np.full_like(row, rows))


def _keeps_batch(tensor: Tensor) -> bool:
    return len(tensor.shape) < 4 or (len(tensor.shape) == 4 and tensor.shape[0] == 1)


def _rows_padded_before(op: Pad) -> int:
    """Give the output rows before the input's first: padded batches, and rows in its batch."""
    batches = op.pads[0][0] if len(op.pads) == 4 else 0
    return batches * op.output.shape[-3] + op.pads[-3][0] if len(op.pads) > 2 else 0


def _rows_of_blocks(op: DepthToSpace, row: Rows) -> Rows:
    """Give the input row of every output row."""
    in_h, out_h = op.input.shape[1], op.output.shape[1]
    return row // out_h * in_h + (row % out_h + op.top) // op.block_h


def _row_repeated(tensor: Tensor, output: Tensor, row: Rows) -> Rows:
    """Give the row of `tensor`, which is broadcast to `output`, of every output row."""
    (in_n, in_h), (_, out_h) = (_batch_and_height(each) for each in (tensor, output))
    return row // out_h * (in_h if in_n > 1 else 0) + (row % out_h if in_h > 1 else 0)


def _batch_and_height(tensor: Tensor) -> tuple[int, int]:
    n, h, _, _ = (1,) * (4 - len(tensor.shape)) + tensor.shape
    return n, h


def _joins_in_order(op: Concatenation) -> bool:
    """Tell whether each operand's rows follow each other in the output."""
    rank = len(op.output.shape)
    return rank <= 4 and (op.axis != rank - 3 or _keeps_batch(op.output))


def _rows_before(op: Concatenation, tensor: Tensor) -> int:
    """Give the first output row that `tensor` fills; 0 unless rows are what is joined."""
    if op.axis > len(op.output.shape) - 3:
        return 0
    before = op.operands[: op.operands.index(tensor)]
    return sum(view_of(operand).rows for operand in before)


def _maps_rows(op: Op) -> bool:
    """Tell whether output row r reads just row r, given that there are as many rows."""
    match op:
        case FullyConnected() | Softmax() | LogSoftmax() | L2Normalization() | TopK():
            return True
        case Lookup() | Curve() | Quantize() | Cast() | PRelu() | Binary() | Select() | AddN():
            return True
        case DynamicUpdateSlice():
            return len(op.input.shape) <= 4
        case CumSum():
            return len(op.input.shape) <= 4 and op.axis > len(op.input.shape) - 3
        case SignalWindow():
            return len(op.output.shape) <= 4
        case Mean() | Sum() | ReduceProd():
            rank = len(op.input.shape)
            return rank <= 4 and all(axis > rank - 3 for axis in op.axes)
        case ReduceExtreme():
            rank = len(op.input.shape)
            return rank <= 4 and op.axis > rank - 3
        case Transpose():
            lead = max(len(op.perm) - 2, 0)
            return len(op.perm) <= 4 and op.perm[:lead] == tuple(range(lead))
        case _:
            return False


def _vectors(tensor: Tensor, depth: int) -> RowView:
    row_bytes = tensor.dtype.nbytes_of(depth)
    return RowView(rows=tensor.elements // depth, row_bytes=row_bytes, pixel_bytes=row_bytes)
