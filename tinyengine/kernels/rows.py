"""Rows: how operators see their tensors, and which input rows an output row reads.

This is a property of the operator, not of a kernel. Every kernel call, every overlap distance,
every ring size and the plan checker are derived from these functions.
"""

from dataclasses import dataclass

from tinyengine.ir import (
    Binary,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Lookup,
    Op,
    PRelu,
    Quantize,
    Softmax,
    Tensor,
    Window,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """A tensor as `rows` rows of `row_bytes` bytes each."""

    rows: int
    row_bytes: int


def view_of(tensor: Tensor) -> RowView:
    """Give the rows of [N, H, W, C]: N·H rows of W·C elements; one row beyond rank 4."""
    if len(tensor.shape) > 4:
        return RowView(rows=1, row_bytes=tensor.nbytes)
    h, w, c = tensor.hwc
    return RowView(rows=h, row_bytes=w * c * tensor.dtype.nbytes)


def output_view(op: Op) -> RowView:
    """Give the rows that the kernel of `op` writes.

    Fully connected: one row per input vector. Softmax: one row per distribution.
    """
    match op:
        case FullyConnected() | Softmax():
            return _vectors(op.output, op.output.shape[-1])
        case _:
            return view_of(op.output)


def operand_view(op: Op, tensor: Tensor) -> RowView:
    """Give the rows of the activation `tensor` as the kernel of `op` reads them."""
    match op:
        case FullyConnected():
            return _vectors(tensor, op.weight.shape[1])
        case Softmax():
            return _vectors(tensor, tensor.shape[-1])
        case _:
            return view_of(tensor)


def rows_read(op: Op, tensor: Tensor, row: int) -> range:
    """Give the rows of the activation `tensor` that output row `row` reads, clipped to it.

    The range is contiguous: rows that a dilated window skips are counted as read.
    """
    rows = operand_view(op, tensor).rows
    match op:
        case Window():
            first = row * op.stride_h - op.padding.top
            return range(max(first, 0), min(first + window_rows(op), rows))
        case FullyConnected() | Softmax() | Lookup() | Quantize() | PRelu():
            return range(row, row + 1)
        case Binary():
            return range(row, row + 1) if rows == output_view(op).rows else range(rows)
        case _:
            return range(rows)


def window_rows(op: Window) -> int:
    """Give the input rows that a window spans, dilation included."""
    match op:
        case Conv2D() | DepthwiseConv2D():
            return (op.weight.shape[1] - 1) * op.dilation_h + 1
        case _:
            return int(getattr(op, "kernel_h"))  # noqa: B009


def _vectors(tensor: Tensor, depth: int) -> RowView:
    return RowView(rows=tensor.elements // depth, row_bytes=depth * tensor.dtype.nbytes)
